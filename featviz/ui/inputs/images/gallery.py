"""Bundled images to choose from: a number to type, the one before and after, and a dozen to click on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.data.sets.registry import BUNDLED_SETS
from featviz.render.captioned import enlarged
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import show
from featviz.ui.inputs.images.ids import bundled_images, image_id, image_name, position_of
from featviz.ui.state.cache import IMAGES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.shared_view import SHARED

__all__ = ["draw_gallery", "draw_preview"]

_TILES = 12
_TILE = 64
_TILE_SHOWN = 52
_PREVIEW = 160
_NUMBER, _FIRST = "gallery.number", "gallery.first"


def draw_gallery(source: str, image: ChosenImage) -> None:
    """Draw the ways from one image of a bundled source to the others, and the image."""
    position = position_of(image.id) or 0
    count = max(BUNDLED_SETS[source].usual, position + 1)
    _draw_number(source, position, count)
    draw_preview(image)
    shown_source, first = st.session_state.get(_FIRST, ("", 0))
    start = first if shown_source == source and first < count else position // _TILES * _TILES
    shown = _dozen(source, start, min(_TILES, count - start))
    map_grid(
        shown.tiles,
        labels=shown.labels,
        selected=shown.ids.index(image.id) if image.id in shown.ids else None,
        on_select=lambda index: SHARED["image"].keep(shown.ids[index]),
        tile_size=_TILE_SHOWN,
        controls=False,
        key=f"gallery.grid.{source}",
    )
    if count > _TILES:
        _draw_paging(source, start, count)


def draw_preview(image: ChosenImage) -> None:
    """Draw an image and what is known of it."""
    # Browsers blur what they enlarge: small images come with as many pixels as a dense screen shows.
    sharp = enlarged(np.asarray(image.image.convert("RGB")), 2 * _PREVIEW)
    st.image(sharp, caption=image_name(image), width=_PREVIEW)


def _draw_number(source: str, position: int, count: int) -> None:
    def choose() -> None:
        st.session_state.pop(_FIRST, None)
        SHARED["image"].keep(image_id(source, int(st.session_state[_NUMBER])))

    show(_NUMBER, position)
    st.number_input(
        f"Image (of {count:,})",
        0,
        count - 1,
        step=1,
        key=_NUMBER,
        on_change=choose,
        help="Type a number; − and + show the previous and the next image.",
    )


def _draw_paging(source: str, start: int, count: int) -> None:
    """Draw the ways to other tiles, which choose no image."""

    def turn(first: int) -> None:
        st.session_state[_FIRST] = (source, first)

    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        _step("Earlier images", "left", lambda: turn(max(start - _TILES, 0)), disabled=start == 0)
        st.caption(f"{start:,} to {min(start + _TILES, count) - 1:,}", width="content")
        _step("Later images", "right", lambda: turn(start + _TILES), disabled=start + _TILES >= count)


def _step(label: str, side: str, go: Callable[[], None], *, disabled: bool) -> None:
    st.button(
        "",
        icon=f":material/chevron_{side}:",
        help=label,
        key=f"gallery.{label.split()[0].lower()}",
        on_click=go,
        disabled=disabled,
    )


@dataclass(frozen=True, eq=False)
class _Dozen:
    """Some images of a source, small: tiles (n, 64, 64, 3), their ids, what they show."""

    tiles: NDArray[np.uint8]
    ids: tuple[str, ...]
    labels: tuple[str, ...]


def _dozen(source: str, start: int, count: int) -> _Dozen:
    def make() -> _Dozen:
        images = bundled_images(source)
        shown = [images[position] for position in range(start, start + count)]
        tiles = np.stack([_tile(sample.image) for sample in shown])
        ids = tuple(sample.id for sample in shown)
        return _Dozen(tiles, ids, tuple(sample.label or sample.id for sample in shown))

    return IMAGES.compute(("dozen", source, start, count), make, lambda dozen: dozen.tiles.nbytes)


def _tile(image: Image.Image) -> NDArray[np.uint8]:
    """The middle square of an image, small."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((_TILE, _TILE), Image.Resampling.LANCZOS))
