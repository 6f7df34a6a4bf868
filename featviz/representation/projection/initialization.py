"""How maps that are made step by step begin: the first image, the places of the points, and too few of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.representation.neighbors.flat_index import Neighbours, neighbours
from featviz.representation.projection.pca import Principal, along, principal
from featviz.representation.projection.preprocessing import Distinct, Space, directions, distinct
from featviz.representation.projection.protocol import Doubles, Finding, Found, Stage, Task

__all__ = ["Beginning", "begin", "few", "searched"]

_MOST = 200_000
_WARM_NOISE = 1e-4


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a map made of neighbours begins with.

    Attributes:
        task: what is asked.
        space: in which neighbours are looked for.
        components: of the vectors; at least as many as the map has dimensions.
        rows: the points of the space, each place once.
        points: (m, dimensions) the map of these to begin with: the start that was given, or principal components.
        warm: whether a start was given.
        notes: what is to be said about the data.
    """

    task: Task
    space: Space
    components: Principal
    rows: Distinct
    points: Doubles
    warm: bool
    notes: list[str]

    def stage(self, points: NDArray[Any], done: int, total: int, note: str) -> Stage[Any]:
        """A stage of the map of all vectors, equal ones upon each other."""
        return Stage(done, total, note, points=self.spread(points))

    def spread(self, points: NDArray[Any]) -> NDArray[np.float32]:
        """(m, dimensions) to (n, dimensions)."""
        return points[self.rows.place].astype(np.float32)

    def jittered(self, size: float, noise: float) -> Doubles:
        """(m, dimensions) the points at this standard deviation, and a part of it as noise: none upon another."""
        points = self.points - self.points.mean(0)
        points *= size / (points.std() or 1.0)
        drawn = np.random.default_rng(self.task.seed).normal(size=points.shape)
        return np.ascontiguousarray(points + noise * size * drawn)

    def warmed(self, low: float, high: float, other: float) -> Doubles:
        """(m, dimensions) the start at its own standard deviation, or at another where that is out of bounds."""
        extent = float(self.points.std())
        return self.jittered(extent if low <= extent <= high else other, _WARM_NOISE)


def begin(task: Task, metric: str, reduce_to: int = 0) -> Beginning:
    """Set up the space, its distinct points and the map to begin with.

    Args:
        task: what is asked.
        metric: "euclidean" or "cosine".
        reduce_to: of more dimensions than so many, so many principal components are taken; 0 keeps all.

    Raises:
        BadInput: too many vectors.
    """
    n, d = task.vectors.shape
    if n > _MOST:
        raise BadInput(f"{n:,} vectors came: take a sample of at most {_MOST:,}.", code="too_large")
    vectors = directions(task.vectors) if metric == "cosine" else task.vectors
    reducing = 0 < reduce_to < d
    components = principal(vectors, reduce_to if reducing else task.dimensions)
    space = Space.of(vectors, metric, components if reducing else None)
    rows = distinct(space.place(task.vectors))
    notes = rows.notes
    if reducing:
        kept = components.ratios[:reduce_to].sum()
        notes.append(f"Neighbours among the first {reduce_to} of {d} components: {kept:.1%} of the variance.")
    start = None if task.start is None else task.start[rows.first].astype(np.float64)
    if start is not None and np.ptp(start, axis=0).max() > 0:
        return Beginning(task, space, components, rows, start, True, notes)
    points = along(vectors[rows.first], components.centre, components.axes[:, : task.dimensions])
    return Beginning(task, space, components, rows, points.astype(np.float64), False, notes)


def few(beginning: Beginning, method: str) -> Finding:
    """The map of too few different vectors for any method that looks at neighbours: their principal components."""
    task = beginning.task
    space = replace(beginning.space, axes=beginning.components.axes[:, : task.dimensions])
    points = space.place(task.vectors)
    note = (
        f"{len(beginning.rows)} different vectors are too few for {method}: these are principal components."
    )
    if len(beginning.rows) == 1:
        points = np.zeros_like(points)
        note = "All vectors are the same: there is one place for all of them."
    yield Stage(1, 1, note, points=points)
    return Found(points, space, {"notes": [*beginning.notes, note]})


def searched(beginning: Beginning, k: int, total: int) -> Generator[Stage[Any], None, Neighbours]:
    """The k nearest neighbours of the distinct points; meanwhile the map is what it begins with."""
    values = beginning.rows.values
    first = "the map as it was" if beginning.warm else "principal components"
    yield beginning.stage(beginning.points, 0, total, f"{first}; looking for neighbours")
    for found in neighbours(values, k):
        note = f"neighbours of {found.done:,} of {len(values):,} vectors"
        yield beginning.stage(beginning.points, 0, total, note)
    return found
