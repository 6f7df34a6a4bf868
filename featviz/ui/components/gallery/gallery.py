"""A gallery: small images with a line or two below each, of which one can be picked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from featviz.ui.components.browser.component import component

__all__ = ["Tile", "image_gallery"]

_component = component(
    "featviz_gallery", Path(__file__).parent / "gallery.js", html='<div class="gallery"></div>'
)


@dataclass(frozen=True)
class Tile:
    """One image of a gallery.

    Attributes:
        number: what is told when it is picked.
        address: of the image; "" draws the words alone.
        title: the line below.
        note: a quieter line below that.
        mark: a sentence that marks the image and explains the sign; "" for none.
        sign: what stands before the note of a marked image.
        warning: whether the mark is a warning.
    """

    number: int
    address: str
    title: str
    note: str = ""
    mark: str = ""
    sign: str = "✓"
    warning: bool = False


def image_gallery(
    tiles: Sequence[Tile],
    *,
    key: str,
    on_pick: Callable[[int], None],
    size: int = 88,
    selected: int | None = None,
) -> None:
    """Draw a gallery.

    Args:
        tiles: from the first to the last.
        key: names the gallery.
        on_pick: takes the number of the tile that was picked, before the page runs again.
        size: CSS pixels of an image's side where letters have their usual size; it grows with the words below.
        selected: number of the tile that is outlined.
    """
    told = {"tiles": [vars(tile) for tile in tiles], "size": size, "selected": selected}
    _component(
        key=key,
        data=json.dumps(told).encode(),
        height="content",
        on_pick_change=partial(_forward, key, on_pick),
    )


def _forward(key: str, on_pick: Callable[[int], None]) -> None:
    picked = st.session_state[key].get("pick")
    if picked is not None:
        on_pick(int(picked))
