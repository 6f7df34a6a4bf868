"""The protocol of projection methods: their input, their progress, their result."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from featviz.progress import Progress
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.out_of_sample import OutOfSample, Points

__all__ = [
    "Doubles",
    "OutOfSample",
    "Points",
    "ProjectionInput",
    "ProjectionProgress",
    "ProjectionResult",
    "ProjectionRun",
    "single_step",
]

Doubles = NDArray[np.float64]
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, eq=False)
class ProjectionInput:
    """Vectors to be drawn.

    Attributes:
        vectors: (n, d) float32, finite, n at least 1.
        labels: (n,), None where there is none.
        dimensions: of the map, 2 or 3.
        seed: of what is drawn at random.
        start: (n, dimensions) the map to begin with, or None.
    """

    vectors: Vectors
    labels: tuple[str | None, ...]
    dimensions: int
    seed: int
    start: Points | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class ProjectionProgress(Progress[T_co]):
    """A map on its way; the last one alone has a result, the finished map.

    Attributes:
        points: (n, dimensions) float32, finite.
    """

    points: Points


@dataclass(frozen=True, eq=False)
class ProjectionResult:
    """A finished map: its points (n, dimensions), its out-of-sample transform, and what is known about it."""

    points: Points
    placement: OutOfSample
    about: dict[str, Any] = field(default_factory=dict)


ProjectionRun = Generator[ProjectionProgress[Any], None, ProjectionResult]
"""A method at work: yields its progress and returns its result. Closing it ends the work."""


def single_step(result: ProjectionResult, note: str) -> ProjectionRun:
    """The run of a method that has no steps."""
    yield ProjectionProgress(1, 1, note, points=result.points)
    return result
