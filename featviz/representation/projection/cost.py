"""How long a map will take, known before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from featviz.representation.projection.autoencoder import BATCH
from featviz.representation.projection.registry import PROJECTIONS
from featviz.representation.projection.tsne.tsne import COMPONENTS
from featviz.representation.projection.umap.umap import epochs_for

__all__ = ["expected_seconds"]

_PRODUCTS_PER_SECOND = 2e10
_SECONDS_PER_POINT_STEP = 1.4e-6


def expected_seconds(
    method: str, count: int, dimensions: int, options: Mapping[str, Any] | None = None
) -> float:
    """About how many seconds a map takes on two processor cores; 0 for methods that take no steps.

    What counts is the search for neighbours, which grows with the square of the number of vectors, and the steps.

    Args:
        method: an id out of `PROJECTIONS`.
        count: of the vectors.
        dimensions: of the vectors.
        options: of the method.

    Raises:
        BadInput: no such method or option.
    """
    complete = PROJECTIONS[method].complete(options or {})
    steps = _STEPS.get(method)
    if steps is None:
        return 0.0
    compared, iterations = steps(count, dimensions, complete)
    return 2 * count * count * compared / _PRODUCTS_PER_SECOND + iterations * count * _SECONDS_PER_POINT_STEP


def _tsne(_count: int, dimensions: int, options: Mapping[str, Any]) -> tuple[int, int]:
    """Among how many dimensions neighbours are looked for, and how many steps follow."""
    return min(dimensions, COMPONENTS), int(options["iterations"])


def _umap(count: int, dimensions: int, options: Mapping[str, Any]) -> tuple[int, int]:
    return dimensions, epochs_for(count, options["epochs"])


def _umap_learn(count: int, _dimensions: int, _options: Mapping[str, Any]) -> tuple[int, int]:
    """Its neighbours are approximate, and a round takes it about five times as long."""
    return 0, 5 * epochs_for(count, None)


def _autoencoder(count: int, _dimensions: int, options: Mapping[str, Any]) -> tuple[int, int]:
    """Its steps take some vectors each, whatever their count; one vector costs about twice as much as a point."""
    return 0, 2 * options["iterations"] * BATCH // count


_STEPS: Mapping[str, Callable[[int, int, Mapping[str, Any]], tuple[int, int]]] = {
    "autoencoder": _autoencoder,
    "tsne": _tsne,
    "umap": _umap,
    "umap_learn": _umap_learn,
}
