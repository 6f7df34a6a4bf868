"""Long work of a page: tasks one after the other in a job, progress on the screen, results kept for everybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from featviz.errors import FeatvizError
from featviz.progress import Progress
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import escaped, in_queue, show_failure
from featviz.ui.state.jobs import Job
from featviz.ui.state.session import jobs

__all__ = [
    "Refusal",
    "RunningTask",
    "Task",
    "cached_result",
    "current",
    "draw_progress",
    "duration",
    "ended_without_result",
    "run_tasks",
    "running",
    "start",
    "waiting_words",
]

_REFUSAL_BYTES = 2048
_TICK = 0.5
_STOPPING = 1.0


@dataclass(frozen=True)
class Refusal:
    """Why there is nothing: kept like a result, for asking again would give the same."""

    reason: str


@dataclass(frozen=True, eq=False)
class Task:
    """One thing to compute.

    Attributes:
        key: everything it depends on; its result is kept under it.
        name: what a visitor reads while it runs.
        run: the work; the last step holds the result.
        size: bytes of a result.
        seconds: how long it will take, about.
    """

    key: tuple[object, ...]
    name: str
    run: Callable[[], Iterator[Progress[object]]]
    size: Callable[[object], int]
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class RunningTask:
    """What a job is at: `done` of `total` pieces of task `number` of `tasks`."""

    task: Task
    number: int
    tasks: Sequence[Task]
    done: int
    total: int
    result: object | None
    since: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float | None:
        """An estimate: the pace of this task for what is left of it, and what was expected for the others."""
        if not self.done:
            return None
        pace = (time.monotonic() - self.since) / self.done
        return pace * (self.total - self.done) + sum(task.seconds for task in self.tasks[self.number + 1 :])


class RerunWhenChanged:
    """Runs the whole page again when what a fragment was drawn for has changed.

    Not in the run that draws it first: two runs in a row may reach the browser as one, and the values that the
    first one gave to its controls are lost on the way.
    """

    def __init__(self, state: Callable[[], object]) -> None:
        self._state, self._drawn_for, self._first = state, state(), True

    def look(self) -> None:
        """Compare, at the start of the fragment."""
        if not self._first and self._state() != self._drawn_for:
            st.rerun()
        self._first = False


def cached_result(task: Task) -> object | None:
    """The result of a task, a `Refusal`, or None while there is none."""
    return FEATURES.get(task.key)


def run_tasks(tasks: Sequence[Task]) -> Iterator[RunningTask]:
    """Run tasks that have no result yet, one after the other, and keep what they find for everybody."""
    for number, task in enumerate(tasks):
        if cached_result(task) is not None:
            continue
        since = time.monotonic()
        try:
            found = None
            for step in task.run():
                # what comes before the first piece says nothing about the pace of the pieces
                since = since if step.done else time.monotonic()
                found = step.result
                yield RunningTask(task, number, tasks, step.done, step.total, found, since)
            if found is not None:
                FEATURES.put(task.key, found, task.size(found))
        except FeatvizError as error:
            FEATURES.put(task.key, Refusal(str(error)), _REFUSAL_BYTES)


def start(kind: str, tasks: Sequence[Task]) -> Job[object] | None:
    """Run what has no result yet, unless it runs already, or was stopped or failed and nobody asked anew.

    Args:
        kind: of the work; a session has one job of each.
        tasks: all that the page wants.
    """
    missing = [task for task in tasks if cached_result(task) is None]
    job = jobs().get(kind)
    if not missing:
        if job is not None and job.running:
            job.cancel()
        return None
    key = tuple(task.key for task in tasks)
    if job is not None and job.key == key and (job.running or job.cancelled or job.error):
        return job
    return jobs().submit(kind, key, lambda: run_tasks(tasks))


def running(kind: str) -> bool:
    """Whether the session's job of a kind works."""
    job = jobs().get(kind)
    return job is not None and job.running and not job.cancelled


def ended_without_result(job: Job[object]) -> bool:
    """Whether a job ended before its result was there: it was stopped, or it failed."""
    return not job.running and (job.cancelled or job.error is not None)


def current(kind: str, task: Task) -> RunningTask | None:
    """How far a task is, if it is the one that runs."""
    job = jobs().get(kind)
    doing = job.latest if job is not None else None
    return doing if isinstance(doing, RunningTask) and doing.task.key == task.key else None


def draw_progress(job: Job[object], again: Callable[[], None], *, key: str) -> None:
    """Draw how far a job is, with the time left and a button that stops it, or takes it up again."""
    if job.cancelled:
        job.wait(_STOPPING)
    doing = job.latest
    if isinstance(job.error, FeatvizError):
        st.error(escaped(str(job.error)), icon=":material/block:")
    elif job.error is not None:
        show_failure(job.error)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        share = doing.done / max(doing.total, 1) if isinstance(doing, RunningTask) else 0.0
        if job.running and job.cancelled:
            st.caption("Stopping …")
        elif job.running:
            st.progress(min(share, 1.0), _said(doing, job.place), width="stretch")
            st.button("Stop", on_click=job.cancel, icon=":material/stop:", key=f"{key}.stop")
        elif ended_without_result(job):
            far = f" {_said(doing)}" if isinstance(doing, RunningTask) else ""
            st.caption(f"Stopped.{far}" if job.cancelled else "It did not end well.")
            st.button("Go on", on_click=again, icon=":material/play_arrow:", key=f"{key}.again")


def waiting_words(place: int) -> str:
    """What one reads before a job has shown anything: its place in the queue, from 1, or that it begins (0)."""
    return f"Waiting: {in_queue(place)} …" if place else "It begins …"


def _said(doing: object, place: int = 0) -> str:
    if not isinstance(doing, RunningTask):
        return waiting_words(place)
    left = doing.seconds_left
    several = f" ({doing.number + 1} of {len(doing.tasks)})" if len(doing.tasks) > 1 else ""
    time_left = f", about {duration(left)} left" if left is not None and left >= 1 else ""
    if place:
        time_left = f"; others have their turn, {in_queue(place)}"
    return f"{escaped(doing.task.name)}{several}: {doing.done} of {doing.total}{time_left}"


def duration(seconds: float) -> str:
    """A time in words: "4 s", "3 min"."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def draw_on_demand(kind: str, task: Task, label: str, draw: Callable[[Any], None]) -> None:
    """Offer a task with its cost, show how far it is once it runs, and draw what it found.

    Args:
        kind: of the work.
        task: what to compute.
        label: of the button.
        draw: draws the result.
    """
    job = jobs().get(kind)
    # looked at before the result is: work that ends in between is seen to have ended at the next tick
    watch = RerunWhenChanged(lambda: job is not None and job.running)
    found = cached_result(task)
    if isinstance(found, Refusal):
        st.info(escaped(found.reason), icon=":material/info:")
    elif found is not None:
        draw(found)
    elif job is not None and job.key == (task.key,):
        watching = st.fragment(_draw_running, run_every=None if ended_without_result(job) else _TICK)
        watching(job, kind, draw, watch)
    else:
        cost = f"{label} (about {duration(task.seconds)})"
        st.button(cost, key=f"start.{kind}", on_click=_begin, args=(kind, task), icon=":material/play_arrow:")


def _begin(kind: str, task: Task) -> None:
    start(kind, [task])


def _draw_running(job: Job[object], kind: str, draw: Callable[[Any], None], watch: RerunWhenChanged) -> None:
    watch.look()
    draw_progress(job, partial(jobs().restart, kind), key=f"progress.{kind}")
    if isinstance(job.latest, RunningTask) and job.latest.result is not None:
        draw(job.latest.result)
