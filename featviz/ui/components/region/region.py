"""The region canvas: an image on which a person draws a box, cell by cell of a layer's grid."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.overlay import to_jpeg, to_png
from featviz.ui.components.browser.component import component

__all__ = ["Edges", "box_around", "read_box", "region_canvas", "write_box"]

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the image."""

_SMALL = 128

_component = component(
    "featviz_region", Path(__file__).parent / "region.js", html='<div class="region"></div>'
)


def region_canvas(
    image: NDArray[np.uint8],
    grid: tuple[int, int] | None,
    box: Edges | None,
    *,
    on_box: Callable[[Edges | None], None],
    key: str,
) -> None:
    """Draw an image with its box; by pointer, finger or arrow keys a person draws another.

    Args:
        image: (H, W, 3).
        grid: rows and columns of the layer, to whose cells a box snaps; None where there is nothing to draw.
        box: the present one, None for the whole image.
        on_box: takes the new box, or None where it was taken away, before the page runs again.
        key: names the canvas.
    """
    small = max(image.shape[:2]) <= _SMALL
    kind, data = ("png", to_png(image)) if small else ("jpeg", to_jpeg(image))
    told = {
        "image": f"data:image/{kind};base64,{base64.b64encode(data).decode()}",
        "size": image.shape[:2],
        "grid": grid,
        "box": box,
    }
    _component(
        key=key,
        data=json.dumps(told).encode(),
        height="content",
        on_box_change=partial(_forward, key, on_box),
    )


def box_around(cells: NDArray[np.bool_]) -> Edges:
    """The box around the cells of a grid that are true, as shares of the image."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    height, width = cells.shape
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def read_box(text: str) -> Edges | None:
    """The box that a text of `write_box` names, which an address may have set to anything."""
    try:
        edges = [float(edge) for edge in text.split(",")]
    except ValueError:
        return None
    if len(edges) != 4 or not all(map(math.isfinite, edges)):
        return None
    left, top, right, bottom = edges
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        return None
    return left, top, right, bottom


def write_box(box: Edges | None) -> str:
    """A box as a link holds it; "" for the whole image."""
    return ",".join(f"{edge:.4g}" for edge in box) if box else ""


def _forward(key: str, on_box: Callable[[Edges | None], None]) -> None:
    drawn = st.session_state[key].get("box")
    if isinstance(drawn, list):
        on_box(read_box(",".join(map(str, drawn))))
