"""A map that is wanted: what it depends on, what it begins with, and the work that makes it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.progress import Progress
from featviz.representation.projection import PROJECTIONS, Projection, ProjectionProgress, steps
from featviz.representation.projection.cost import expected_seconds
from featviz.ui.pages.embeddings.points import Points
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.tasks import Task

__all__ = ["MAP", "Begin", "MapRun", "begin_with", "begun"]

MAP = "embedding map"
"""The kind of its work."""

Places = NDArray[np.float32]
_KEPT, _TOOK = "map begin", "map seconds"


@dataclass(frozen=True, eq=False)
class Begin:
    """The map that another one begins with: an id, and places (n, dimensions)."""

    id: str
    places: Places


@dataclass(frozen=True, eq=False)
class MapRun:
    """One map.

    Attributes:
        points: what is drawn.
        method: an id out of `PROJECTIONS`.
        dimensions: 2 or 3.
        seed: of what the method leaves to chance.
        options: of the method, those that differ from the defaults.
        begin: the map it begins with; None is the method's own beginning.
    """

    points: Points
    method: str
    dimensions: int = 2
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    begin: Begin | None = None

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Everything the map depends on."""
        start = None if self.begin is None else self.begin.id
        options = tuple(sorted(self.options.items()))
        return ("map", *self.points.key, self.method, self.dimensions, self.seed, options, start)

    @property
    def name(self) -> str:
        """The method's, as people write it."""
        return PROJECTIONS[self.method].name

    @property
    def metric(self) -> str:
        """Of the true space, as the method takes it."""
        return str(PROJECTIONS[self.method].complete(self.options).get("metric", "euclidean"))

    @property
    def about(self) -> dict[str, Any]:
        """How it was made, for files."""
        made = self.points.embeddings
        return {
            "method": self.method,
            "dimensions": self.dimensions,
            "seed": self.seed,
            "options": PROJECTIONS[self.method].complete(self.options),
            "model": made.model,
            "layer": made.layer,
            "pool": made.pool,
            "images": made.images,
            "begun_with": None if self.begin is None else self.begin.id,
        }

    def with_seed(self, seed: int) -> MapRun:
        """The same from the method's own beginning, with another seed."""
        return MapRun(self.points, self.method, self.dimensions, seed, self.options)

    def stages(self) -> Iterator[ProjectionProgress[Projection]]:
        """The map on its way; the result of the last one is the projection."""
        start = None if self.begin is None else self.begin.places
        return steps(
            self.points.embeddings,
            self.method,
            dimensions=self.dimensions,
            seed=self.seed,
            start=start,
            **self.options,
        )

    @cached_property
    def task(self) -> Task:
        """The work; its result is the newest stage."""
        return Task(MAP, self.key, self.name, self._run, _bytes)

    def _run(self) -> Iterator[Progress[ProjectionProgress[Projection]]]:
        began = time.monotonic()
        with closing(self.stages()) as stages:  # type: ignore[type-var]
            for stage in stages:
                yield Progress(stage.done, stage.total, result=stage)
        FEATURES.put((_TOOK, self.key), time.monotonic() - began, 64)

    @cached_property
    def first(self) -> Task:
        """The first stage alone, which is there at once; its result is that stage."""
        return Task(MAP, ("first stage", *self.key), "The first stage", self._begin, _bytes)

    def _begin(self) -> Iterator[Progress[ProjectionProgress[Projection]]]:
        with closing(self.stages()) as stages:  # type: ignore[type-var]
            yield Progress(1, 1, result=next(stages))

    @cached_property
    def expected(self) -> float:
        """About how many seconds it will take."""
        points = self.points
        return expected_seconds(self.method, len(points), points.embeddings.dimensions, self.options)

    @property
    def seconds(self) -> float:
        """How long it took to make, 0 where that is not known."""
        return FEATURES.get((_TOOK, self.key)) or 0.0


def begin_with(places: Places) -> str:
    """Keep a map for another one to begin with; its id, which a link may carry."""
    name = hashlib.sha256(np.ascontiguousarray(places).tobytes()).hexdigest()[:16]
    FEATURES.put((_KEPT, name), places, places.nbytes)
    return name


def begun(name: str, count: int, dimensions: int) -> Begin | None:
    """The map of an id, which may come from an address; None where it is not kept or is one of other points."""
    places: Places | None = FEATURES.get((_KEPT, name))
    if places is None or places.shape != (count, dimensions):
        return None
    return Begin(name, places)


def _bytes(stage: object) -> int:
    """The places, and what the way to place new points holds of each: fifty components, about, twice."""
    return stage.points.nbytes + 400 * len(stage.points) if isinstance(stage, ProjectionProgress) else 0
