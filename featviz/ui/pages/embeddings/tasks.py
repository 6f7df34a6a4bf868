"""Work on a map: unfolding it, and, when it is there, measuring it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.progress import Progress
from featviz.representation.clusters import CLUSTERINGS, clusters, expected_seconds
from featviz.representation.neighbors.exact import Metric
from featviz.representation.neighbors.nearest import nearest
from featviz.representation.projection import Projection, ProjectionProgress
from featviz.representation.projection.quality import MapQuality, baseline, map_quality
from featviz.ui.pages.embeddings.points import Points
from featviz.ui.pages.embeddings.request import MAP, ProjectionRequest
from featviz.ui.state.live import Policy, begin
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import Task, cached_result, latest_result, running

__all__ = [
    "FACTS",
    "NEIGHBORS",
    "POLICY",
    "Honesty",
    "agree",
    "cluster_task",
    "has_lines",
    "honesty_task",
    "is_offered",
    "is_running",
    "neighbor_task",
    "present_map",
    "stage_of",
    "start_map",
    "work_of",
]

FACTS = "facts of a map"
POLICY = Policy(quick=0.4, tick=0.25, blank=True)
"""How a map unfolds on the screen."""

NEIGHBORS = 10
_MAX_NEIGHBORED = 20_000
_MAX_MEASURED, _MAX_PAIRS = 2000, 50_000_000
_SECONDS_A_PAIR, _SECONDS_A_NEIGHBOR = 8e-8, 2.5e-8
_QUICK_SECONDS = 20.0
_PRESENT, _AGREED = "_present_map", "_agreed_maps"


@dataclass(frozen=True, eq=False)
class Honesty:
    """How far a map can be believed, and the same of a random one."""

    map: MapQuality
    random: MapQuality


def start_map(run: ProjectionRequest) -> None:
    """Unfold a map that is not there yet; what takes no time is waited for.

    Of one that takes long and was not agreed to, the first stage alone.
    """
    st.session_state[_PRESENT] = run
    begin([work_of(run)], POLICY)


def agree(run: ProjectionRequest) -> None:
    """Let maps of these points by this method take the time they take."""
    st.session_state.setdefault(_AGREED, set()).add((run.points.key, run.method))


def is_offered(run: ProjectionRequest) -> bool:
    """Whether a map takes so long that it waits for somebody to agree."""
    agreed = (run.points.key, run.method) in st.session_state.get(_AGREED, ())
    return run.expected > _QUICK_SECONDS and not agreed and cached_result(run.task) is None


def work_of(run: ProjectionRequest) -> Task:
    """The work on a map that goes on now: all of it, or the first stage."""
    return run.first if is_offered(run) else run.task


def is_running(run: ProjectionRequest) -> bool:
    """Whether the work of a map goes on."""
    job = jobs().get(MAP)
    return running(MAP) and job is not None and job.key == (work_of(run).key,)


def stage_of(run: ProjectionRequest) -> ProjectionProgress[Projection] | None:
    """The newest stage of a map, as far as there is one."""
    latest = latest_result(work_of(run))
    return latest if isinstance(latest, ProjectionProgress) else None


def present_map() -> NDArray[np.float32] | None:
    """The map on the screen now."""
    run = st.session_state.get(_PRESENT)
    stage = stage_of(run) if isinstance(run, ProjectionRequest) else None
    return None if stage is None else stage.points


def honesty_task(run: ProjectionRequest) -> Task | None:
    """Measure a map; None while it is not finished."""
    stage = stage_of(run)
    if stage is None or stage.result is None:
        return None
    measure = partial(_measure, run, stage.points)
    seconds = 2 * _SECONDS_A_PAIR * len(run.points) * _measured_count(run)
    return Task(FACTS, ("honesty", *run.key), "Measuring the map", measure, _honesty_bytes, seconds)


def neighbor_task(run: ProjectionRequest) -> Task | None:
    """Find the true neighbours of all points; None where there are so many that it takes minutes."""
    points, k = run.points, min(NEIGHBORS, len(run.points) - 1)
    if k < 1 or len(points) > _MAX_NEIGHBORED:
        return None
    find = partial(nearest, points.vectors, k, metric=cast("Metric", run.metric))
    key, seconds = ("neighbors", *points.key, run.metric, k), _SECONDS_A_NEIGHBOR * len(points) ** 2
    return _single(key, "Finding the true neighbors", find, seconds)


def has_lines(run: ProjectionRequest) -> bool:
    """Whether lines to the true neighbours can be drawn; of more points, those of the pinned one are known alone."""
    return len(run.points) <= _MAX_NEIGHBORED


def cluster_task(points: Points, method: str, seed: int, options: Mapping[str, Any]) -> Task:
    """Find the clusters of the true vectors."""
    key = ("clusters", *points.key, method, seed, tuple(sorted(options.items())))
    find = partial(clusters, points.vectors, method, seed=seed, **options)
    seconds = expected_seconds(method, len(points), points.embeddings.dimensions, options)
    return _single(key, f"Looking for clusters ({CLUSTERINGS[method].name})", find, seconds)


def _measure(run: ProjectionRequest, coordinates: NDArray[np.float32]) -> Iterator[Progress[Honesty]]:
    vectors, metric, count = run.points.vectors, cast("Metric", run.metric), _measured_count(run)
    yield Progress(0, 2)
    of_map = map_quality(vectors, coordinates, metric=metric, max_points=count)
    yield Progress(1, 2)
    of_random = baseline(vectors, run.dimensions, metric=metric, max_points=count)
    yield Progress(2, 2, result=Honesty(of_map, of_random))


def _measured_count(run: ProjectionRequest) -> int:
    """At how many points a map is measured: each is compared with all of them."""
    return min(_MAX_MEASURED, _MAX_PAIRS // len(run.points))


def _single(key: tuple[object, ...], name: str, find: Callable[[], NDArray[Any]], seconds: float) -> Task:
    """A task of one piece."""

    def run() -> Iterator[Progress[NDArray[Any]]]:
        yield Progress(0, 1)
        yield Progress(1, 1, result=find())

    return Task(
        FACTS, key, name, run, lambda result: result.nbytes if isinstance(result, np.ndarray) else 0, seconds
    )


def _honesty_bytes(result: object) -> int:
    return 64 * len(result.map.positions) if isinstance(result, Honesty) else 0
