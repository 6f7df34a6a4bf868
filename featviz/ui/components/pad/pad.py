"""The pad on the page: an image that a person paints on, and what comes back of it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.overlay import to_png
from featviz.ui.components.browser.component import component

__all__ = ["pad", "read_drawing"]

_PNG = "data:image/png;base64,"
_LONGEST = 4_000_000

_component = component("featviz_pad", Path(__file__).parent / "pad.js", html='<div class="pad"></div>')


def pad(image: NDArray[np.uint8], token: str, *, on_draw: Callable[[bytes], None], key: str) -> None:
    """Draw the pad; strokes, undoing and the choice of a tool need no run, the end of a stroke does.

    Args:
        image: (H, W, 3), what the pad shows when it opens.
        token: tells one beginning from another; as long as it stays, what is painted stays.
        on_draw: takes the image painted on as a PNG file, before the page runs again.
        key: names the pad.
    """
    told = {"token": token, "image": f"{_PNG}{base64.b64encode(to_png(image)).decode()}"}
    _component(
        key=key,
        data=json.dumps(told).encode(),
        height="content",
        on_drawn_change=partial(_forward, key, on_draw),
    )


def read_drawing(text: object) -> bytes | None:
    """The PNG file in a text that a browser sent, which may be anything; None where there is none."""
    if not isinstance(text, str) or not text.startswith(_PNG) or len(text) > _LONGEST:
        return None
    try:
        return base64.b64decode(text.removeprefix(_PNG), validate=True) or None
    except binascii.Error:
        return None


def _forward(key: str, on_draw: Callable[[bytes], None]) -> None:
    drawing = read_drawing(st.session_state[key].get("drawn"))
    if drawing is not None:
        on_draw(drawing)
