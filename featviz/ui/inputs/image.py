"""The sidebar's choice of an image: bundled samples, an upload, the camera."""

import streamlit as st

from featviz.models.model import Model
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.images.drawing import begin_drawing, draw_on, end_drawing
from featviz.ui.inputs.images.gallery import draw_gallery, draw_preview
from featviz.ui.inputs.images.ids import UPLOADED, image_id, image_name, open_image
from featviz.ui.inputs.images.upload import choose_uploaded
from featviz.ui.inputs.network import image_slot
from featviz.ui.inputs.page_links import draw_image_links
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.lost_choices import note_if_lost
from featviz.ui.state.shared_view import IMAGE_SOURCES, SHARED

__all__ = ["choose_image"]

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
    with image_slot():
        st.subheader("Image", anchor=False)
        source = choice(
            "Source",
            list(IMAGE_SOURCES),
            key=SHARED["source"],
            name=IMAGE_SOURCES.__getitem__,
            on_change=_take_first,
            label_visibility="collapsed",
        )
        if source != "drawing":
            end_drawing()
        if source == "drawing":
            image = draw_on(image)
            st.caption(image_name(image))
        elif source in UPLOADED:
            image = _uploaded(source) or image
            draw_preview(image)
        else:
            draw_gallery(source, image)
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
    if source == "drawing":
        begin_drawing()
    if source in UPLOADED:
        SHARED["image"].forget()
    else:
        SHARED["image"].keep(image_id(source, 0))


def _suiting(model: Model) -> str:
    """An image of the kind the network was trained on."""
    return image_id(model.card.suits, 0)


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
            st.caption("Browsers open a camera over https alone, or where the server is this machine.")
    return None if file is None else choose_uploaded(source, file.getvalue())
