"""What can be taken away from the Attribution page: the picture, all pictures, the numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.attribution.attribute import Attribution
from featviz.render.heatmap_overlay import heatmap_overlay
from featviz.render.overlay import to_png
from featviz.render.sheet import sheet
from featviz.ui.pages.attribution.display import OverlayLook
from featviz.ui.pages.attribution.matrix import Matrix
from featviz.ui.pages.attribution.request import Request
from featviz.ui.pages.attribution.tasks import Plan
from featviz.ui.state.chosen_image import input_pixels
from featviz.ui.state.tasks import cached_result

__all__ = ["draw_downloads"]

_TILE = 224


def draw_downloads(request: Request, matrix: Matrix, made: Plan, look: OverlayLook) -> None:
    """Draw the buttons that download the chosen map, and all of them as a contact sheet."""
    found = cached_result(made.maps[request.id])
    there = isinstance(found, Attribution)
    name = f"{request.model.name}_{request.method}".replace("/", "_")
    files: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "Image (PNG)": (lambda: _picture(request, matrix, made, look), f"{name}.png", "image/png"),
        "Numbers (NPZ)": (lambda: _numbers(found), f"{name}.npz", "application/octet-stream"),
        "All maps (PNG)": (lambda: _all(matrix, made, look), "attributions.png", "image/png"),
    }
    with st.container(horizontal=True):
        for label, (make, file, kind) in files.items():
            st.download_button(
                label, make, file, kind, on_click="ignore", icon=":material/download:", disabled=not there
            )


def _numbers(found: object) -> bytes:
    return found.to_npz() if isinstance(found, Attribution) else b""


def _picture(request: Request, matrix: Matrix, made: Plan, look: OverlayLook) -> bytes:
    return to_png(_overlays(matrix, made, look)[request.id])


def _all(matrix: Matrix, made: Plan, look: OverlayLook) -> bytes:
    drawn = _overlays(matrix, made, look)
    tiles = [[None if each is None else drawn.get(each.id) for each in row] for row in matrix.requests]
    return to_png(sheet(tiles, rows=matrix.rows, columns=matrix.columns, tile=_TILE))


def _overlays(matrix: Matrix, made: Plan, look: OverlayLook) -> dict[str, NDArray[np.uint8]]:
    """Each map that is there over its picture, by request."""
    found = {request.id: (request, cached_result(made.maps[request.id])) for request in matrix.wanted}
    maps = {name: each.map for name, (_, each) in found.items() if isinstance(each, Attribution)}
    scales = look.scales(maps, {name: request.method for name, (request, _) in found.items()})
    return {
        name: heatmap_overlay(
            input_pixels(found[name][0].model, found[name][0].picture),
            each,
            scales[name],
            look.colour_map,
            look.opacity,
            side=_TILE,
        )
        for name, each in maps.items()
    }
