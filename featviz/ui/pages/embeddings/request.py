"""A map that is requested: what it depends on, what it begins with, and the work that makes it."""

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

__all__ = ["MAP", "ProjectionRequest", "WarmStart", "find_warm_start", "keep_warm_start"]

MAP = "embedding map"
"""The kind of its work."""

Coordinates = NDArray[np.float32]
_START, _TOOK = "map begin", "map seconds"


@dataclass(frozen=True, eq=False)
class WarmStart:
    """The map that another one begins with: an id, and coordinates (n, dimensions)."""

    id: str
    coordinates: Coordinates


@dataclass(frozen=True, eq=False)
class ProjectionRequest:
    """One map.

    Attributes:
        points: what is drawn.
        method: an id out of `PROJECTIONS`.
        dimensions: 2 or 3.
        seed: of what the method leaves to chance.
        options: of the method, those that differ from the defaults.
        warm_start: the map it begins with; None is the method's own beginning.
    """

    points: Points
    method: str
    dimensions: int = 2
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    warm_start: WarmStart | None = None

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Everything the map depends on."""
        start = None if self.warm_start is None else self.warm_start.id
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
        embeddings = self.points.embeddings
        return {
            "method": self.method,
            "dimensions": self.dimensions,
            "seed": self.seed,
            "options": PROJECTIONS[self.method].complete(self.options),
            "model": embeddings.model,
            "layer": embeddings.layer,
            "pool": embeddings.pool,
            "features": embeddings.options,
            "images": embeddings.images,
            "begun_with": None if self.warm_start is None else self.warm_start.id,
        }

    def with_seed(self, seed: int) -> ProjectionRequest:
        """The same from the method's own beginning, with another seed."""
        return ProjectionRequest(self.points, self.method, self.dimensions, seed, self.options)

    def stages(self) -> Iterator[ProjectionProgress[Projection]]:
        """The map on its way; the result of the last one is the projection."""
        start = None if self.warm_start is None else self.warm_start.coordinates
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


def keep_warm_start(coordinates: Coordinates) -> str:
    """Keep a map for another one to begin with; its id, which a link may carry."""
    name = hashlib.sha256(np.ascontiguousarray(coordinates).tobytes()).hexdigest()[:16]
    FEATURES.put((_START, name), coordinates, coordinates.nbytes)
    return name


def find_warm_start(name: str, count: int, dimensions: int) -> WarmStart | None:
    """The map of an id, which may come from an address; None where it is not kept or is one of other points."""
    coordinates: Coordinates | None = FEATURES.get((_START, name))
    if coordinates is None or coordinates.shape != (count, dimensions):
        return None
    return WarmStart(name, coordinates)


def _bytes(stage: object) -> int:
    """The coordinates, and what placing new points needs of each: fifty components, about, twice."""
    return stage.points.nbytes + 400 * len(stage.points) if isinstance(stage, ProjectionProgress) else 0
