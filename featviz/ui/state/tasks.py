"""Long work of a page: tasks one after the other in a job, results kept for everybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from featviz.errors import FeatvizError
from featviz.progress import Progress
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.jobs import Job
from featviz.ui.state.scheduler import SCHEDULER
from featviz.ui.state.session import jobs
from featviz.ui.state.worker.worker import Queued

__all__ = [
    "Refusal",
    "RunningTask",
    "Task",
    "cached_result",
    "current",
    "duration",
    "ended_without_result",
    "latest_result",
    "run_tasks",
    "running",
    "start",
    "stop",
]

_REFUSAL_BYTES = 2048


@dataclass(frozen=True)
class Refusal:
    """Why there is nothing: kept like a result, for asking again would give the same."""

    reason: str


@dataclass(frozen=True, eq=False)
class Task:
    """One thing to compute.

    Attributes:
        kind: of the work; a session has one job of each.
        key: everything it depends on; its result is kept under it.
        name: what a user reads while it runs.
        run: the work; the last step holds the result.
        size: bytes of a result.
        seconds: how long it will take, about.
        moved: whether the worker does it, so that it takes no turns of this server.
    """

    kind: str
    key: tuple[object, ...]
    name: str
    run: Callable[[], Iterator[Progress[object]]]
    size: Callable[[object], int]
    seconds: float = 0.0
    moved: bool = False


@dataclass(frozen=True, eq=False)
class RunningTask:
    """What a job is at: `done` of `total` pieces of task `number` of `tasks`; `estimated` seconds, if the work says.

    `queue_position` is the position in the worker's queue, from 1; 0 where it takes turns.
    """

    task: Task
    number: int
    tasks: Sequence[Task]
    done: int
    total: int
    result: object | None
    since: float = field(default_factory=time.monotonic)
    note: str = ""
    estimated: float | None = None
    queue_position: int = 0

    @property
    def seconds_left(self) -> float | None:
        """An estimate: the task's own or its pace for what is left of it, and what was expected for the others."""
        others = sum(task.seconds for task in self.tasks[self.number + 1 :])
        if self.estimated is not None:
            return self.estimated + others
        if not self.done:
            return None
        pace = (time.monotonic() - self.since) / self.done
        return pace * (self.total - self.done) + others


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
            result = None
            for step in task.run():
                # what comes before the first piece says nothing about the pace of the pieces
                since = since if step.done else time.monotonic()
                result = step.result
                queued = step.queue_position if isinstance(step, Queued) else 0
                yield RunningTask(
                    *(task, number, tasks, step.done, step.total),
                    *(result, since, step.note, step.seconds_left, queued),
                )
            if result is not None:
                FEATURES.put(task.key, result, task.size(result))
        except FeatvizError as error:
            FEATURES.put(task.key, Refusal(str(error)), _REFUSAL_BYTES)


def start(tasks: Sequence[Task]) -> Job[object] | None:
    """Run what has no result yet, unless it runs already, or was stopped or failed and nobody asked anew.

    Args:
        tasks: all that the page wants of one kind.

    Returns:
        The job; None where everything is there, and work of this kind that nobody looks at any more is cancelled.
    """
    kind = tasks[0].kind
    if all(cached_result(task) is not None for task in tasks):
        stop(kind)
        return None
    key, job = tuple(task.key for task in tasks), jobs().get(kind)
    if job is not None and job.key == key and (job.running or job.cancelled or job.error):
        return job
    scheduler = None if all(task.moved for task in tasks) else SCHEDULER
    return jobs().submit(kind, key, lambda: run_tasks(tasks), scheduler)


def stop(kind: str) -> None:
    """Cancel the session's job of a kind: nobody looks at it any more."""
    job = jobs().get(kind)
    if job is not None and job.running:
        job.cancel()


def running(kind: str) -> bool:
    """Whether the session's job of a kind works."""
    job = jobs().get(kind)
    return job is not None and job.running and not job.cancelled


def ended_without_result(job: Job[object]) -> bool:
    """Whether a job ended before its result was there: it was stopped, or it failed."""
    return not job.running and (job.cancelled or job.error is not None)


def current(task: Task) -> RunningTask | None:
    """How far a task is, if it is the one that runs."""
    job = jobs().get(task.kind)
    now = job.latest if job is not None else None
    return now if isinstance(now, RunningTask) and now.task.key == task.key else None


def latest_result(task: Task) -> object | None:
    """The result of a task, or what is known of it so far; a `Refusal`, or None while there is nothing."""
    result = cached_result(task)
    if result is None and (now := current(task)) is not None:
        result = now.result
    return result


def duration(seconds: float) -> str:
    """A time in words: "4 s", "3 min"."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
