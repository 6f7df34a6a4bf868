"""The sidebar's choice of an image: bundled samples, an upload, the camera."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.errors import FeatvizError
from featviz.models.model import Model
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.image_ids import UPLOADED, bundled_images, image_id, image_name, open_image
from featviz.ui.inputs.page_links import draw_image_links
from featviz.ui.state.cache import IMAGES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.lost_choices import note_if_lost
from featviz.ui.state.shared_view import IMAGE_SOURCES, SHARED
from featviz.ui.state.uploaded_images import read_uploaded, uploaded_id

__all__ = ["choose_image"]

_TILES = 12
_TILE = 64
_TILE_SHOWN = 52
_PREVIEW = 220
_NOT_HERE = "which is not here"


def choose_image(model: Model, *, here: str = "") -> ChosenImage:
    """Draw the sidebar's controls of the image; until one is chosen, one that suits the network.

    Args:
        model: the network.
        here: the page, to which no link beside the image leads.
    """
    selected = open_image(SHARED["image"].text)
    image = selected or open_image(_suiting(model))
    assert image is not None  # noqa: S101 - bundled images are always there
    _note_if_lost(image, selected is None)
    if SHARED["source"].text not in UPLOADED or selected is not None:
        SHARED["source"].keep(image.id.partition("/")[0])
    with st.sidebar:
        st.subheader("Image", anchor=False)
        source = choice(
            "Source",
            list(IMAGE_SOURCES),
            key=SHARED["source"],
            name=IMAGE_SOURCES.__getitem__,
            on_change=_take_first,
            label_visibility="collapsed",
        )
        if source in UPLOADED:
            image = _uploaded(source) or image
        else:
            image = _gallery(source, image)
        st.image(image.image, caption=image_name(image), width=_PREVIEW)
        draw_image_links(image.id, here=here)
    return image


def _note_if_lost(shown: ChosenImage, lost: bool) -> None:
    """Say it where a link names an image that is not here, and have the address name the one that is shown."""
    entry = SHARED["image"]
    uploaded = lost and entry.text.startswith(UPLOADED)
    if lost:
        entry.keep(shown.id)
    why = "which was uploaded and is not on this server any more: upload it again" if uploaded else _NOT_HERE
    if not note_if_lost(entry, lost, "Image", image_name(shown), why=why) and lost:
        entry.forget()


def _take_first() -> None:
    """The source was changed: its first image is shown, where it has images of its own."""
    source = SHARED["source"].text
    if source in UPLOADED:
        SHARED["image"].forget()
    else:
        SHARED["image"].keep(image_id(source, 0))


def _suiting(model: Model) -> str:
    """An image of the kind the network was trained on."""
    return image_id(model.card.suits, 0)


def _gallery(source: str, image: ChosenImage) -> ChosenImage:
    """A handful of bundled images to click on."""
    images = bundled_images(source)
    start = int(st.session_state.get(f"gallery.{source}", 0)) % len(images)
    shown = _handful(source, start)
    map_grid(
        shown.tiles,
        labels=shown.labels,
        selected=shown.ids.index(image.id) if image.id in shown.ids else None,
        on_select=lambda index: SHARED["image"].keep(shown.ids[index]),
        tile_size=_TILE_SHOWN,
        controls=False,
        key=f"gallery.grid.{source}",
    )
    if len(images) > _TILES:
        st.button(
            "Other images",
            icon=":material/refresh:",
            on_click=lambda: st.session_state.__setitem__(f"gallery.{source}", start + _TILES),
            type="tertiary",
        )
    return image


@dataclass(frozen=True, eq=False)
class _Handful:
    """Some images of a set, small: tiles (n, 64, 64, 3), their ids, what they show."""

    tiles: NDArray[np.uint8]
    ids: tuple[str, ...]
    labels: tuple[str, ...]


def _handful(source: str, start: int) -> _Handful:
    def make() -> _Handful:
        images = bundled_images(source)
        shown = [images[(start + step) % len(images)] for step in range(min(_TILES, len(images)))]
        tiles = np.stack([_tile(sample.image) for sample in shown])
        ids = tuple(sample.id for sample in shown)
        return _Handful(tiles, ids, tuple(sample.label or sample.id for sample in shown))

    return IMAGES.compute(("handful", source, start), make, lambda handful: handful.tiles.nbytes)


def _tile(image: Image.Image) -> NDArray[np.uint8]:
    """The middle square of an image, small."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((_TILE, _TILE), Image.Resampling.LANCZOS))


def _uploaded(source: str) -> ChosenImage | None:
    """The image a user hands over now, or None while there is none."""
    if source == "upload":
        file = st.file_uploader(
            "Image",
            type=None,
            max_upload_size=20,
            key="picture.upload",
            label_visibility="collapsed",
            help="JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF. It stays in this server's memory for a while, "
            "so that a link to it works, and is never written to disk.",
        )
    else:
        file = st.camera_input("Camera", key="picture.camera", label_visibility="collapsed")
    if file is None:
        return None
    data = file.getvalue()
    name = uploaded_id(source, data)
    try:
        image = read_uploaded(name, data)
    except FeatvizError as error:
        st.error(escape_markdown(str(error)), icon=":material/broken_image:")
        return None
    SHARED["image"].keep(name)
    return ChosenImage(name, image, None)
