"""An image that a user hands over to search with."""

from __future__ import annotations

import streamlit as st

from featviz.errors import FeatvizError
from featviz.ui.pages.visual_search.view_state import VIEW, show_best_result
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.uploaded_images import cached_image, read_uploaded, uploaded_id

__all__ = ["uploaded_image"]

_MAX_UPLOAD_MB = 20


def uploaded_image(source: str) -> ChosenImage | None:
    """Draw the way to hand over an image; the one handed over last stays until another comes."""
    if source == "upload":
        file = st.file_uploader(
            "Your image",
            max_upload_size=_MAX_UPLOAD_MB,
            key="search.upload",
            help="It stays in this server's memory for a while, so that a link to it works, and is never "
            "written to disk.",
        )
    else:
        file = st.camera_input("Camera", key="search.camera", label_visibility="collapsed")
    refused = "" if file is None else _read(uploaded_id(source, file.getvalue()), file.getvalue())
    image_id = VIEW["search_uploaded"].text
    image = cached_image(image_id) if _source_of(image_id) == source else None
    if refused:
        kept = "" if image is None else " The search is still that with the image before."
        st.error(escape_markdown(refused) + kept, icon=":material/broken_image:")
    return None if image is None else ChosenImage(image_id, image, None)


def _read(image_id: str, data: bytes) -> str:
    """Take up an image; what is wrong with it, where it cannot be read."""
    try:
        read_uploaded(image_id, data)
    except FeatvizError as error:
        return str(error)
    _take_up(image_id)
    return ""


def _source_of(image_id: str) -> str:
    """Which control an image is shown by; what was drawn on another page comes with the uploads."""
    source = image_id.partition("/")[0]
    return "upload" if source == "drawing" else source


def _take_up(image_id: str) -> None:
    """A new image begins without the box of the one before."""
    if VIEW["search_uploaded"].text != image_id:
        VIEW["search_uploaded"].keep(image_id)
        VIEW["search_box"].keep("")
        show_best_result()
