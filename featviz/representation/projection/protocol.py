"""What a projection method is given, what it shows on its way, and what it finds."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Vectors

if TYPE_CHECKING:
    from featviz.representation.projection.projection import Projection

__all__ = ["Doubles", "Finding", "Found", "Placement", "Points", "Stage", "Task", "at_once"]

Doubles = NDArray[np.float64]
Points = NDArray[np.float32]


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


@dataclass(frozen=True, eq=False)
class Stage:
    """A map on its way.

    Attributes:
        points: (n, dimensions) float32, finite.
        done: steps behind it.
        total: steps in all.
        note: what is going on, in plain words.
        projection: the finished map, of the last stage alone.
    """

    points: Points
    done: int
    total: int
    note: str
    projection: Projection | None = None


class Placement(Protocol):
    """A finished map's way to place vectors it has not seen; a dataclass of arrays and of what JSON can hold."""

    def place(self, vectors: Vectors) -> Points:
        """(m, d) to (m, dimensions)."""


@dataclass(frozen=True, eq=False)
class Found:
    """A finished map: its points (n, dimensions), the way to place more, and what is known about it."""

    points: Points
    placement: Placement
    about: dict[str, Any] = field(default_factory=dict)


Finding = Generator[Stage, None, Found]
"""A method at work: stages on the way, and in the end what it found. Closing it ends the work."""


def at_once(found: Found, note: str) -> Finding:
    """The one stage of a method that has no steps."""
    yield Stage(found.points, 1, 1, note)
    return found
