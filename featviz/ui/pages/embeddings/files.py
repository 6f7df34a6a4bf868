"""What can be taken away from a map: tables and arrays of all its points, or of those selected."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.ui.inputs.spreadsheet import cell
from featviz.ui.pages.embeddings.points import Points
from featviz.ui.pages.embeddings.request import ProjectionRequest

__all__ = ["about_map", "to_csv", "to_npz"]

_AXES = ("x", "y", "z")


def about_map(run: ProjectionRequest) -> tuple[str, ...]:
    """What a file of a map is of: network, weights, layer, image set and method."""
    return (*run.points.source, run.points.chosen.name, run.name)


def to_csv(
    points: Points, coordinates: NDArray[np.floating[Any]], rows: NDArray[np.intp] | None = None
) -> bytes:
    """A table with a row for each point: id, label, prediction, confidence, its coordinates on the map, facts.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    Args:
        points: of the map.
        coordinates: (n, 2) or (n, 3) on the map.
        rows: which points; all of them if not given.
    """
    columns = _columns(points)
    for axis, values in zip(_AXES, coordinates.T, strict=False):
        columns[axis] = [f"{value:.6g}" for value in values]
    chosen = range(len(points)) if rows is None else rows
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(map(cell, columns))
    writer.writerows([[cell(values[row]) for values in columns.values()] for row in chosen])
    return buffer.getvalue().encode("utf-8")


def to_npz(
    points: Points,
    coordinates: NDArray[np.floating[Any]],
    about: Mapping[str, Any],
    rows: NDArray[np.intp] | None = None,
) -> bytes:
    """Arrays without pickle: `ids`, `labels` ("" for none), `vectors`, and `points` on the map.

    `vectors`, `ids` and `labels` are what the app reads as embeddings of one's own; of an attention
    fusion there are `weights` (n, parts) and the names of its `parts` as well. `about` says, as JSON, how
    the map was made.
    """
    chosen = np.arange(len(points)) if rows is None else np.asarray(rows, np.intp)
    buffer = io.BytesIO()
    arrays = {
        "vectors": points.vectors[chosen],
        "ids": np.array([points.embeddings.ids[row] for row in chosen], np.str_),
        "labels": np.array([points.labels[row] or "" for row in chosen], np.str_),
        "points": np.asarray(coordinates, np.float32)[chosen],
        "about": np.array(json.dumps(about, default=str)),
    }
    np.savez_compressed(buffer, allow_pickle=False, **arrays, **_weights(points, chosen))
    return buffer.getvalue()


def _weights(points: Points, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """The attention weights (n, parts), where there are any, and the names of the parts."""
    if not points.weights:
        return {}
    weights = np.stack([values[rows] for values in points.weights.values()], axis=1)
    return {"weights": weights.astype(np.float32), "parts": np.array(list(points.weights), np.str_)}


def _columns(points: Points) -> dict[str, Any]:
    columns: dict[str, Any] = {"id": points.embeddings.ids, "label": points.labels}
    if points.predictions:
        columns["prediction"] = points.predictions
    if len(points.confidence):
        columns["confidence"] = [f"{each:.4f}" for each in points.confidence]
    columns |= {
        f"weight of {name}": [f"{each:.4f}" for each in values] for name, values in points.weights.items()
    }
    return columns | {name: values for name, values in points.facts.items() if name not in columns}
