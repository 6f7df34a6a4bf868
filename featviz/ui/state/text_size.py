"""The size of text on a visitor's pages: for a desk, or for a hall."""

from __future__ import annotations

from featviz.ui.state.shared_view import SHARED

__all__ = ["text_scale"]

_SCALES = {"large": 1.4}


def text_scale() -> float:
    """How many times their usual size letters have; images keep theirs."""
    return _SCALES.get(SHARED["text"].text, 1.0)
