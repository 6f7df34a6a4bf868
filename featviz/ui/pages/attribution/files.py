"""What can be taken away from the Attribution page: the image, all images, the numbers."""

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
from featviz.ui.pages.attribution.matrix import AttributionMatrix
from featviz.ui.pages.attribution.request import AttributionRequest
from featviz.ui.pages.attribution.tasks import MatrixTasks
from featviz.ui.state.chosen_image import input_pixels
from featviz.ui.state.tasks import cached_result

__all__ = ["draw_downloads"]

_TILE = 224


def draw_downloads(
    request: AttributionRequest, matrix: AttributionMatrix, tasks: MatrixTasks, look: OverlayLook
) -> None:
    """Draw the buttons that download the chosen map, and all of them as a contact sheet."""
    attribution = cached_result(tasks.maps[request.id])
    finished = isinstance(attribution, Attribution)
    name = f"{request.model.name}_{request.method}".replace("/", "_")
    files: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "Image (PNG)": (lambda: _image_png(request, matrix, tasks, look), f"{name}.png", "image/png"),
        "Numbers (NPZ)": (lambda: _arrays_npz(attribution), f"{name}.npz", "application/octet-stream"),
        "All maps (PNG)": (lambda: _sheet_png(matrix, tasks, look), "attributions.png", "image/png"),
    }
    with st.container(horizontal=True):
        for label, (make, file, kind) in files.items():
            st.download_button(
                label, make, file, kind, on_click="ignore", icon=":material/download:", disabled=not finished
            )


def _arrays_npz(result: object) -> bytes:
    return result.to_npz() if isinstance(result, Attribution) else b""


def _image_png(
    request: AttributionRequest, matrix: AttributionMatrix, tasks: MatrixTasks, look: OverlayLook
) -> bytes:
    return to_png(_overlays(matrix, tasks, look)[request.id])


def _sheet_png(matrix: AttributionMatrix, tasks: MatrixTasks, look: OverlayLook) -> bytes:
    drawn = _overlays(matrix, tasks, look)
    tiles = [[None if each is None else drawn.get(each.id) for each in row] for row in matrix.requests]
    return to_png(sheet(tiles, rows=matrix.rows, columns=matrix.columns, tile=_TILE))


def _overlays(
    matrix: AttributionMatrix, tasks: MatrixTasks, look: OverlayLook
) -> dict[str, NDArray[np.uint8]]:
    """Each map that is there over its image, by request."""
    results = {
        request.id: (request, cached_result(tasks.maps[request.id])) for request in matrix.unique_requests
    }
    maps = {name: each.map for name, (_, each) in results.items() if isinstance(each, Attribution)}
    scales = look.scales(maps, {name: request.method for name, (request, _) in results.items()})
    return {
        name: heatmap_overlay(
            input_pixels(results[name][0].model, results[name][0].image),
            each,
            scales[name],
            look.colour_map,
            look.opacity,
            side=_TILE,
        )
        for name, each in maps.items()
    }
