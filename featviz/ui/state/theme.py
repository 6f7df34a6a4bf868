"""How a visitor's pages look: light or dark, and how large their text is."""

from __future__ import annotations

import streamlit as st

from featviz.ui.state.shared_view import SHARED

__all__ = ["is_dark", "scaled", "text_scale"]

_SCALES = {"large": 1.4}


def is_dark() -> bool:
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def text_scale() -> float:
    """How many times their usual size letters have, for a desk or for a hall; images keep theirs."""
    return _SCALES.get(SHARED["text"].text, 1.0)


def scaled(pixels: int) -> int:
    """How wide something is that holds words, which is so many pixels wide at their usual size."""
    return round(pixels * text_scale())
