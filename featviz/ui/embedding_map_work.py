"""Work on a map: unfolding it, and, when it is there, measuring it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.representation.clusters import CLUSTERINGS, clusters
from featviz.representation.honesty import MapQuality, baseline, map_quality
from featviz.representation.neighbours import Metric, nearest
from featviz.representation.projection import Stage
from featviz.ui.embedding_map_points import Points
from featviz.ui.embedding_map_run import MapRun
from featviz.ui.jobs import Job
from featviz.ui.session import jobs
from featviz.ui.work import Task, current, kept, running, start

__all__ = [
    "FACTS",
    "MAP",
    "NEIGHBOURS",
    "Honesty",
    "cluster_task",
    "honesty_task",
    "is_running",
    "neighbour_task",
    "present_places",
    "stage_of",
    "start_map",
]

MAP, FACTS = "embedding map", "facts of a map"
NEIGHBOURS = 10
_MOST_NEIGHBOURED = 20_000
_AT_ONCE = 0.4
_PRESENT = "_present_map"
Pieces = Iterator[tuple[int, int, Callable[[], object]]]


@dataclass(frozen=True, eq=False)
class Honesty:
    """How far a map can be believed, and the same of a random one."""

    map: MapQuality
    random: MapQuality


def start_map(run: MapRun) -> None:
    """Unfold a map that is not there yet; what takes no time is waited for."""
    st.session_state[_PRESENT] = run
    if kept(run.task) is not None:
        _end_others(run.task)
        return
    job = start(MAP, [run.task])
    if job is not None and not job.cancelled and job.latest is None:
        job.wait(_AT_ONCE)


def is_running(run: MapRun) -> bool:
    """Whether the work of a map goes on."""
    job = jobs().get(MAP)
    return running(MAP) and job is not None and job.key == (run.task.key,)


def stage_of(run: MapRun) -> Stage | None:
    """The newest stage of a map, as far as there is one."""
    found = kept(run.task)
    if found is None:
        doing = current(MAP, run.task)
        found = None if doing is None else doing.result()
    return found if isinstance(found, Stage) else None


def present_places() -> NDArray[np.float32] | None:
    """The map on the screen now."""
    run = st.session_state.get(_PRESENT)
    stage = stage_of(run) if isinstance(run, MapRun) else None
    return None if stage is None else stage.points


def honesty_task(run: MapRun) -> Task | None:
    """Measure a map; None while it is not finished."""
    stage = stage_of(run)
    if stage is None or stage.projection is None:
        return None
    measure = partial(_measure, run, stage.points)
    return Task(("honesty", *run.key), "Measuring the map", measure, _honesty_bytes)


def neighbour_task(run: MapRun) -> Task | None:
    """Find the true neighbours of all points; None where there are so many that it takes minutes."""
    points, k = run.points, min(NEIGHBOURS, len(run.points) - 1)
    if k < 1 or len(points) > _MOST_NEIGHBOURED:
        return None
    find = partial(nearest, points.vectors, k, metric=cast("Metric", run.metric))
    return _single(("neighbours", *points.key, run.metric, k), "Finding the true neighbours", find)


def cluster_task(points: Points, method: str, seed: int, options: Mapping[str, Any]) -> Task:
    """Find the clusters of the true vectors."""
    key = ("clusters", *points.key, method, seed, tuple(sorted(options.items())))
    find = partial(clusters, points.vectors, method, seed=seed, **options)
    return _single(key, f"Looking for clusters ({CLUSTERINGS[method].name})", find)


def _measure(run: MapRun, places: NDArray[np.float32]) -> Pieces:
    vectors, metric = run.points.vectors, cast("Metric", run.metric)
    yield 0, 2, _nothing
    of_map = map_quality(vectors, places, metric=metric)
    yield 1, 2, _nothing
    of_random = baseline(vectors, run.dimensions, metric=metric)
    yield 2, 2, lambda: Honesty(of_map, of_random)


def _single(key: tuple[object, ...], name: str, find: Callable[[], NDArray[Any]]) -> Task:
    """A task of one piece."""

    def run() -> Pieces:
        yield 0, 1, _nothing
        found = find()
        yield 1, 1, lambda: found

    return Task(key, name, run, lambda found: found.nbytes if isinstance(found, np.ndarray) else 0)


def _nothing() -> None:
    return None


def _honesty_bytes(found: object) -> int:
    return 64 * len(found.map.positions) if isinstance(found, Honesty) else 0


def _end_others(task: Task) -> None:
    job: Job[object] | None = jobs().get(MAP)
    if job is not None and job.key != (task.key,):
        job.cancel()
