"""What a projection method is given, what it shows on its way, and what it finds."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from featviz.progress import Progress
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.placement import Placement, Points

__all__ = ["Doubles", "Finding", "Found", "Placement", "Points", "Stage", "Task", "at_once"]

Doubles = NDArray[np.float64]
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Task:
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
class Stage(Progress[T_co]):
    """A map on its way; the last stage alone has a result, the finished map.

    Attributes:
        points: (n, dimensions) float32, finite.
    """

    points: Points


@dataclass(frozen=True, eq=False)
class Found:
    """A finished map: its points (n, dimensions), the way to place more, and what is known about it."""

    points: Points
    placement: Placement
    about: dict[str, Any] = field(default_factory=dict)


Finding = Generator[Stage[Any], None, Found]
"""A method at work: stages on the way, and in the end what it found. Closing it ends the work."""


def at_once(found: Found, note: str) -> Finding:
    """The one stage of a method that has no steps."""
    yield Stage(1, 1, note, points=found.points)
    return found
