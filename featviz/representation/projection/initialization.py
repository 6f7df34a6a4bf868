"""Initialization of maps that are made step by step: the space, the initial points, the neighbour search."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.representation.neighbors.nearest import Neighbors, nearest_neighbors
from featviz.representation.projection.pca import PrincipalComponents, principal_components, project_onto
from featviz.representation.projection.preprocessing import (
    MetricSpace,
    UniqueRows,
    normalize_rows,
    unique_rows,
)
from featviz.representation.projection.protocol import (
    Doubles,
    ProjectionInput,
    ProjectionProgress,
    ProjectionResult,
    ProjectionRun,
)

__all__ = ["Setup", "degenerate_map", "prepare", "search_neighbors"]

_MAX_VECTORS = 200_000
_WARM_NOISE = 1e-4


@dataclass(frozen=True, eq=False)
class Setup:
    """What t-SNE and UMAP are initialized with.

    Attributes:
        data: the vectors, their labels and what kind of map is made of them.
        space: in which neighbours are looked for.
        components: of the vectors; at least as many as the map has dimensions.
        unique: the vectors in the space, each once.
        points: (m, dimensions) the map of these to begin with: the start that was given, or principal components.
        warm: whether a start was given.
        notes: what is to be said about the data.
    """

    data: ProjectionInput
    space: MetricSpace
    components: PrincipalComponents
    unique: UniqueRows
    points: Doubles
    warm: bool
    notes: list[str]

    def progress(self, points: NDArray[Any], done: int, total: int, note: str) -> ProjectionProgress[Any]:
        """Progress with the map of all n vectors, equal ones upon each other."""
        return ProjectionProgress(done, total, note, points=self.expand(points))

    def expand(self, points: NDArray[Any]) -> NDArray[np.float32]:
        """Points of the distinct vectors (m, dimensions) to points of all vectors (n, dimensions)."""
        return points[self.unique.inverse].astype(np.float32)

    def jitter(self, size: float, noise: float) -> Doubles:
        """(m, dimensions) the points at this standard deviation, and a part of it as noise: none upon another."""
        points = self.points - self.points.mean(0)
        points *= size / (points.std() or 1.0)
        drawn = np.random.default_rng(self.data.seed).normal(size=points.shape)
        return np.ascontiguousarray(points + noise * size * drawn)

    def rescale(self, low: float, high: float, other: float) -> Doubles:
        """(m, dimensions) the start at its own standard deviation, or at another where that is out of bounds."""
        extent = float(self.points.std())
        return self.jitter(extent if low <= extent <= high else other, _WARM_NOISE)


def prepare(data: ProjectionInput, metric: str, reduce_to: int = 0) -> Setup:
    """Set up the space, its distinct points and the map to begin with.

    Args:
        data: the vectors.
        metric: "euclidean" or "cosine".
        reduce_to: of more dimensions than so many, so many principal components are taken; 0 keeps all.

    Raises:
        BadInput: too many vectors.
    """
    n, d = data.vectors.shape
    if n > _MAX_VECTORS:
        raise BadInput(f"{n:,} vectors came: take a sample of at most {_MAX_VECTORS:,}.", code="too_large")
    vectors = normalize_rows(data.vectors) if metric == "cosine" else data.vectors
    reducing = 0 < reduce_to < d
    components = principal_components(vectors, reduce_to if reducing else data.dimensions)
    space = MetricSpace.of(vectors, metric, components if reducing else None)
    unique = unique_rows(space.transform(data.vectors))
    notes = unique.notes
    if reducing:
        explained = components.ratios[:reduce_to].sum()
        notes.append(
            f"Neighbors among the first {reduce_to} of {d} components: {explained:.1%} of the variance."
        )
    start = None if data.start is None else data.start[unique.first].astype(np.float64)
    if start is not None and np.ptp(start, axis=0).max() > 0:
        return Setup(data, space, components, unique, start, True, notes)
    points = project_onto(vectors[unique.first], components.center, components.axes[:, : data.dimensions])
    return Setup(data, space, components, unique, points.astype(np.float64), False, notes)


def degenerate_map(setup: Setup, method: str) -> ProjectionRun:
    """The map of too few different vectors for any method that looks at neighbours: their principal components."""
    data = setup.data
    space = replace(setup.space, axes=setup.components.axes[:, : data.dimensions])
    points = space.transform(data.vectors)
    note = f"{len(setup.unique)} different vectors are too few for {method}: these are principal components."
    if len(setup.unique) == 1:
        points = np.zeros_like(points)
        note = "All vectors are the same: they share one position."
    yield ProjectionProgress(1, 1, note, points=points)
    return ProjectionResult(points, space, {"notes": [*setup.notes, note]})


def search_neighbors(setup: Setup, k: int, total: int) -> Generator[ProjectionProgress[Any], None, Neighbors]:
    """The k nearest neighbours of the distinct vectors; yields the initial map while they are being found."""
    values = setup.unique.values
    first = "the map as it was" if setup.warm else "principal components"
    yield setup.progress(setup.points, 0, total, f"{first}; looking for neighbors")
    for result in nearest_neighbors(values, k):
        note = f"neighbors of {result.done:,} of {len(values):,} vectors"
        yield setup.progress(setup.points, 0, total, note)
    return result
