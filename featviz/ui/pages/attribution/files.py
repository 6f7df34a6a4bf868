"""What can be taken away from the Attribution page: the image, all images, the numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.attribution.attribute import Attribution
from featviz.render.captioned import MIN_SIDE, color_bar
from featviz.render.heatmap_overlay import heatmap_overlay
from featviz.render.normalization import Scale
from featviz.render.sheet import sheet
from featviz.ui.inputs.file_download import draw_file_download, draw_image_download, subject_parts
from featviz.ui.inputs.target_text import target_name
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
    unfinished = not isinstance(attribution, Attribution)
    image = request.image
    about = subject_parts(
        request.model, request.name, target_name(request.target, request.model), image=image
    )
    of_all = subject_parts(request.model, "attributions", image=image)
    with st.container(horizontal=True):
        draw_image_download(
            "Image (PNG)",
            lambda: _overlay(request, matrix, tasks, look),
            about,
            bar=lambda: color_bar(look.colormap, [_scales(matrix, tasks, look)[request.id]]),
            disabled=unfinished,
        )
        draw_file_download(
            "Numbers (NPZ)", lambda: _arrays_npz(attribution), about, "npz", disabled=unfinished
        )
        draw_image_download(
            "All maps (PNG)",
            lambda: _sheet(matrix, tasks, look),
            of_all,
            bar=lambda: color_bar(look.colormap, [*_scales(matrix, tasks, look).values()]),
            disabled=unfinished,
        )


def _arrays_npz(result: object) -> bytes:
    return result.to_npz() if isinstance(result, Attribution) else b""


def _sheet(matrix: AttributionMatrix, tasks: MatrixTasks, look: OverlayLook) -> NDArray[np.uint8]:
    tile = max(_TILE, MIN_SIDE // len(matrix.columns))
    finished = _finished(matrix, tasks)
    drawn = {name: _overlay(each, matrix, tasks, look, tile) for name, (each, _) in finished.items()}
    tiles = [[None if each is None else drawn.get(each.id) for each in row] for row in matrix.requests]
    return sheet(tiles, rows=matrix.rows, columns=matrix.columns, tile=tile)


def _overlay(
    request: AttributionRequest,
    matrix: AttributionMatrix,
    tasks: MatrixTasks,
    look: OverlayLook,
    side: int = MIN_SIDE,
) -> NDArray[np.uint8]:
    """The map of a request over its image."""
    attribution = _finished(matrix, tasks)[request.id][1]
    return heatmap_overlay(
        input_pixels(request.model, request.image),
        attribution.map,
        _scales(matrix, tasks, look)[request.id],
        look.colormap,
        look.opacity,
        side=side,
    )


def _scales(matrix: AttributionMatrix, tasks: MatrixTasks, look: OverlayLook) -> dict[str, Scale]:
    finished = _finished(matrix, tasks)
    maps = {name: attribution.map for name, (_, attribution) in finished.items()}
    return look.scales(maps, {name: request.method for name, (request, _) in finished.items()})


def _finished(
    matrix: AttributionMatrix, tasks: MatrixTasks
) -> dict[str, tuple[AttributionRequest, Attribution]]:
    """The requests whose maps are there, with them."""
    results = {each.id: (each, cached_result(tasks.maps[each.id])) for each in matrix.unique_requests}
    return {
        name: (request, result)
        for name, (request, result) in results.items()
        if isinstance(result, Attribution)
    }
