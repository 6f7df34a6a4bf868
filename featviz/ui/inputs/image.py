"""The sidebar's choice of an image: bundled samples, an upload, the camera."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.data.sets.image_set import ImageSet
from featviz.errors import FeatvizError
from featviz.models.model import Model
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import choice
from featviz.ui.state.cache import IMAGES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.shared_view import IMAGE_SOURCES, SHARED
from featviz.ui.state.uploaded_images import cached_image, read_uploaded, uploaded_id

__all__ = ["choose_image", "image_name"]

_TILES = 12
_TILE = 64
_TILE_SHOWN = 52
_PREVIEW = 220
_UPLOADED = ("upload", "camera")
_GONE = "This link names an image that is not on this server any more; another one is shown. Upload it again."


def choose_image(model: Model) -> ChosenImage:
    """Draw the sidebar's controls of the image; until one is chosen, one that suits the network."""
    selected = _open_image(SHARED["image"].text)
    image = selected or _open_image(_suiting(model))
    assert image is not None  # noqa: S101 - bundled images are always there
    if SHARED["source"].text not in _UPLOADED or selected is not None:
        SHARED["source"].keep(image.id.partition("/")[0])
    with st.sidebar:
        st.subheader("Image", anchor=False)
        if SHARED["image"].text and selected is None:
            st.warning(_GONE, icon=":material/link_off:")
        source = choice(
            "Source",
            list(IMAGE_SOURCES),
            key=SHARED["source"],
            name=IMAGE_SOURCES.__getitem__,
            on_change=_take_first,
            label_visibility="collapsed",
        )
        if source in _UPLOADED:
            image = _uploaded(source) or image
        else:
            image = _gallery(source, image)
        st.image(image.image, caption=image_name(image), width=_PREVIEW)
    return image


def _take_first() -> None:
    """The source was changed: its first image is shown, where it has images of its own."""
    source = SHARED["source"].text
    if source in _UPLOADED:
        SHARED["image"].forget()
    else:
        SHARED["image"].keep(_first(source))


@cache
def _set(name: str) -> ImageSet:
    return ImageSet.bundled(name)


def _suiting(model: Model) -> str:
    """An image of the kind the network was trained on."""
    return _first(model.card.suits)


def _first(source: str) -> str:
    return "photos/china" if source == "photos" else f"{source}/0"


def _open_image(image_id: str) -> ChosenImage | None:
    """The image of an id, which may come from an address and mean nothing here."""
    source, _, rest = image_id.partition("/")
    if source in _UPLOADED:
        uploaded = cached_image(image_id)
        return None if uploaded is None else ChosenImage(image_id, uploaded, None)
    if source not in IMAGE_SOURCES or not rest:
        return None
    return _bundled(source, image_id)


@cache
def _photos() -> dict[str, int]:
    return {sample.id: index for index, sample in enumerate(_set("photos"))}


def _bundled(source: str, image_id: str) -> ChosenImage | None:
    rest = image_id.partition("/")[2]
    index = _photos().get(image_id, -1) if source == "photos" else int(rest) if rest.isdecimal() else -1
    if not 0 <= index < len(_set(source)):
        return None

    def make() -> ChosenImage:
        sample = _set(source)[index]
        return ChosenImage(sample.id, sample.image, sample.label, sample.mask)

    return IMAGES.compute(
        ("sample", image_id), make, lambda image: image.image.width * image.image.height * 3
    )


def image_name(image: ChosenImage) -> str:
    """Where an image comes from and what it is said to show."""
    source, _, rest = image.id.partition("/")
    if source in _UPLOADED:
        return f"Your image, {image.image.width} x {image.image.height}"
    return f"{IMAGE_SOURCES[source]}, {rest}" + (f" · {image.label}" if image.label else "")


def _gallery(source: str, image: ChosenImage) -> ChosenImage:
    """A handful of bundled images to click on."""
    images = _set(source)
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
        images = _set(source)
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
    image_id = uploaded_id(source, data)
    try:
        image = read_uploaded(image_id, data)
    except FeatvizError as error:
        st.error(escape_markdown(str(error)), icon=":material/broken_image:")
        return None
    SHARED["image"].keep(image_id)
    return ChosenImage(image_id, image, None)
