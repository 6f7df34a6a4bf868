"""Jobs: heavy work that outlives a rerun of the page; equal requests are one run that all who asked watch."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, TypeVar

from featviz.progress import yield_now, yielding_to
from featviz.ui.state.scheduler import SCHEDULER, Scheduler

__all__ = ["Job", "Jobs", "end_all"]

Frame = TypeVar("Frame")

_STARTED: weakref.WeakSet[Run[Any]] = weakref.WeakSet()
_LONGEST_STEP = 5.0
_NICE = 1  # light work comes first where both want the processor


class Ended(BaseException):
    """Nobody watches a run any more: raised out of wherever it gives way, past all that keeps errors."""


def end_all() -> None:
    """End every run and wait for its present step: a thread inside the network would abort a process that ends."""
    running = [run for run in list(_STARTED) if run.running]
    for run in running:
        run.end()
    for run in running:
        run.wait(_LONGEST_STEP)


atexit.register(end_all)


class Run(Generic[Frame]):
    """A generator run to its end in a thread of its own, which knows nothing of the screen.

    It takes turns with the other heavy work of the server, so that minutes of it let others in between.

    Attributes:
        latest: the newest frame, or None before the first.
        error: what ended it early, or None.
        watching: how many jobs watch it.
    """

    def __init__(self, steps: Callable[[], Iterator[Frame]], scheduler: Scheduler | None) -> None:
        self.latest: Frame | None = None
        self.error: Exception | None = None
        self.watching = 1
        self._ended, self._done, self._leaving = threading.Event(), threading.Event(), False
        self._steps, self._scheduler = steps, scheduler
        self._served = scheduler.enlist() if scheduler is not None else None
        _STARTED.add(self)
        threading.Thread(target=self._run, daemon=True, name="job").start()

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return not self._done.is_set()

    @property
    def queue_position(self) -> int:
        """Its position in the queue, from 1; 0 where it takes turns."""
        return (
            0
            if self._scheduler is None or self._served is None
            else self._scheduler.queue_position(self._served)
        )

    @property
    def ending(self) -> bool:
        """Whether it was asked to end."""
        return self._ended.is_set()

    def end(self) -> None:
        """Ask it to end; it does so where it next gives way, and whatever its generator holds is released."""
        self._ended.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end; whether it has ended."""
        return self._done.wait(timeout)

    def _run(self) -> None:
        try:
            _be_nice()
            with self._turns(), yielding_to(self._yield_now):
                self._consume()
        except Ended:
            pass
        except Exception as error:
            self.error = None if self.ending else error
        finally:
            if self._scheduler is not None and self._served is not None:
                self._scheduler.dismiss(self._served)
            self._done.set()

    def _consume(self) -> None:
        self._check_ended()
        frames = self._steps()
        try:
            for frame in frames:
                self.latest = frame
                yield_now()
        finally:
            close = getattr(frames, "close", None)
            if close is not None:
                close()

    def _turns(self) -> AbstractContextManager[None]:
        if self._scheduler is None or self._served is None:
            return nullcontext()
        return self._scheduler.turns(self._served, self._check_ended)

    def _yield_now(self) -> None:
        if self._leaving:
            return  # what a generator does on its way out is not cut short
        self._check_ended()
        if self._scheduler is not None and self._served is not None:
            self._scheduler.yield_now(self._served, self._check_ended)

    def _check_ended(self) -> None:
        if self.ending:
            self._leaving = True
            raise Ended


def _be_nice() -> None:
    """Leave the processor to those who make pages, where the system knows of a thread's priority.

    The threads that a pass starts from here have it too.
    """
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


class Job(Generic[Frame]):
    """One user's sight of a run.

    Attributes:
        key: what it computes; a page compares it with what it wants.
        started: when it was asked for.
    """

    def __init__(
        self,
        key: object,
        steps: Callable[[], Iterator[Frame]],
        scheduler: Scheduler | None = SCHEDULER,
        runs: Runs | None = None,
    ) -> None:
        self.key, self.started = key, time.monotonic()
        self._steps, self._scheduler, self._runs = steps, scheduler, runs if runs is not None else RUNS
        self._left: Frame | None = None
        self._canceled = self._was_last = False
        self._run: Run[Frame] = self._runs.join(key, steps, scheduler)

    @property
    def latest(self) -> Frame | None:
        """The newest frame, or None before the first; of one that was cancelled, the newest then."""
        return self._left if self._canceled else self._run.latest

    @property
    def error(self) -> Exception | None:
        """What ended it early, or None."""
        return None if self._canceled else self._run.error

    @property
    def running(self) -> bool:
        """Whether it still works; one that was cancelled and goes on for others alone does not."""
        return self._run.running and (self._was_last or not self._canceled)

    @property
    def cancelled(self) -> bool:
        """Whether this user asked it to stop."""
        return self._canceled

    @property
    def queue_position(self) -> int:
        """Its position in the queue, from 1; 0 where it takes turns with others."""
        return self._run.queue_position

    def cancel(self) -> None:
        """Leave the run; it ends when nobody watches it any more."""
        if not self._canceled:
            self._left = self._run.latest
            self._was_last = self._runs.leave(self._run)
            self._canceled = True

    def anew(self) -> Job[Frame]:
        """The same work, started from the beginning, or joined where it runs for others."""
        return Job(self.key, self._steps, self._scheduler, self._runs)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end; whether it has ended."""
        with SCHEDULER.aside():
            return not self.running or self._run.wait(timeout)


class Runs:
    """What runs now, by what it computes: those who ask for the same are given the same run."""

    def __init__(self) -> None:
        self._by_key: weakref.WeakValueDictionary[object, Run[Any]] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def join(
        self, key: object, steps: Callable[[], Iterator[Frame]], scheduler: Scheduler | None
    ) -> Run[Frame]:
        """The run of a key, started if there is none."""
        with self._lock:
            run = self._by_key.get(key)
            if run is None or run.ending or not run.running:
                run = self._by_key[key] = Run(steps, scheduler)
            else:
                run.watching += 1
            return run

    def leave(self, run: Run[Any]) -> bool:
        """One who watched does so no more; whether it was the last, and the run ends."""
        with self._lock:
            run.watching -= 1
            if not run.watching:
                run.end()
            return not run.watching


RUNS = Runs()
"""Of this server."""


class Jobs:
    """The jobs of one session, at most one of each kind: a new one supersedes the old."""

    def __init__(self) -> None:
        self._by_kind: dict[str, Job[object]] = {}

    def submit(
        self,
        kind: str,
        key: object,
        steps: Callable[[], Iterator[object]],
        scheduler: Scheduler | None = SCHEDULER,
    ) -> Job[object]:
        """Start a job, or join the equal one of another session, unless this session's own runs already.

        Args:
            kind: of the work.
            key: everything that what it computes depends on.
            steps: makes the generator that computes it.
            scheduler: whose turns it takes; None for work that only reads or fetches.
        """
        old = self._by_kind.get(kind)
        if old is not None and old.key == key and old.running and not old.cancelled:
            return old
        self._by_kind[kind] = Job(key, steps, scheduler)
        if old is not None:
            old.cancel()
        return self._by_kind[kind]

    def restart(self, kind: str) -> None:
        """Run the newest job of a kind once more, where it has ended."""
        old = self._by_kind.get(kind)
        if old is not None and not (old.running and not old.cancelled):
            self._by_kind[kind] = old.anew()

    def get(self, kind: str) -> Job[object] | None:
        """The newest job of a kind."""
        return self._by_kind.get(kind)

    def close(self) -> None:
        """Leave everything: the session has ended."""
        for job in self._by_kind.values():
            job.cancel()
