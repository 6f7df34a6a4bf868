"""An image that came from a visitor as a file, from the camera or from the pad becomes the chosen one."""

from __future__ import annotations

import streamlit as st

from featviz.errors import FeatvizError
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.uploaded_images import read_uploaded, uploaded_id

__all__ = ["choose_uploaded"]


def choose_uploaded(source: str, data: bytes) -> ChosenImage | None:
    """Read an image and choose it; one that cannot be read is refused on the page, and None.

    Args:
        source: "upload", "camera" or "drawing".
        data: the file.
    """
    name = uploaded_id(source, data)
    try:
        image = read_uploaded(name, data)
    except FeatvizError as error:
        said = f"{escape_markdown(str(error))} The previous image is still shown."
        st.error(said, icon=":material/broken_image:")
        return None
    SHARED["image"].keep(name)
    return ChosenImage(name, image, None)
