"""What is written on a map: the names of its axes, and of the categories that its colors stand for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featviz.render.point_colors import PointColors
from featviz.representation.projection import Projection, ProjectionProgress
from featviz.ui.pages.embeddings.request import ProjectionRequest

__all__ = ["axis_names", "names_on_map"]

_MAX_NAMES = 200
_UNITS = {"units": "activation"}
_UNIT = "projected activation"


def axis_names(run: ProjectionRequest, stage: ProjectionProgress[Projection] | None) -> tuple[str, ...]:
    """The name of each axis with its unit; none where a map's directions mean nothing, or it is not there yet."""
    if stage is None or stage.result is None:
        return ()
    unit = _UNITS.get(run.method, _UNIT)
    return tuple(f"{name} · {unit}" for name in stage.result.about.get("axes", ()))


def names_on_map(coordinates: NDArray[np.float32], coloring: PointColors) -> list[tuple[str, int]]:
    """Each category's name and the point of it nearest to its median, the most frequent first, at most 200.

    Args:
        coordinates: (n, 2) or (n, 3), the map.
        colouring: of its points; where that is by value there are no names.
    """
    named = len(coloring.names) - coloring.nameless
    frequent = sorted(range(named), key=lambda number: -coloring.counts[number])[:_MAX_NAMES]
    order = np.argsort(coloring.indices, kind="stable")
    bounds = np.searchsorted(coloring.indices[order], np.arange(named + 1))
    names = list[tuple[str, int]]()
    for number in frequent:
        rows = order[bounds[number] : bounds[number + 1]]
        if len(rows):
            away = np.linalg.norm(coordinates[rows] - np.median(coordinates[rows], axis=0), axis=1)
            names.append((coloring.names[number], int(rows[away.argmin()])))
    return names
