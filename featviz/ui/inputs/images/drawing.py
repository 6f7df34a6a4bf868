"""An image that a visitor draws, or the present one painted on; it is kept as an upload is."""

from __future__ import annotations

import numpy as np
import streamlit as st

from featviz.ui.components.pad.pad import pad
from featviz.ui.inputs.images.ids import open_image
from featviz.ui.inputs.images.upload import choose_uploaded
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.shared_view import SHARED

__all__ = ["begin_drawing", "draw_on", "end_drawing"]

_BEGUN, _DRAWN = "_drawing_begun", "_drawing"
_LARGEST = 224


def begin_drawing() -> None:
    """Draw on the present image from now on."""
    st.session_state[_BEGUN] = SHARED["image"].text


def end_drawing() -> None:
    """Another source is chosen: who draws again begins with the image of then."""
    st.session_state.pop(_BEGUN, None)


def draw_on(image: ChosenImage) -> ChosenImage:
    """Draw the pad and give what was drawn on it so far.

    Args:
        image: the one that was drawn, or else one that suits the network.
    """
    begun = st.session_state.get(_BEGUN) or image.id
    st.session_state[_BEGUN] = begun
    shown = _newly_drawn() or (image if image.id.startswith("drawing/") else open_image(begun) or image)
    small = shown.image.convert("RGB")
    small.thumbnail((_LARGEST, _LARGEST))
    pad(np.asarray(small), begun, on_draw=_keep, key="picture.pad")
    return shown


def _keep(data: bytes) -> None:
    st.session_state[_DRAWN] = data


def _newly_drawn() -> ChosenImage | None:
    data: bytes | None = st.session_state.pop(_DRAWN, None)
    return None if data is None else choose_uploaded("drawing", data)
