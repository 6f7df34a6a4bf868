"""Heavy work: a gate that admits a few computations at a time, and jobs that outlive a rerun of the page."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Generic, TypeVar

from featviz.errors import Busy

__all__ = ["CORES", "GATE", "Gate", "Job", "Jobs", "end_all"]

Frame = TypeVar("Frame")


class Gate:
    """Admits `slots` computations at a time; the others wait their turn, first come, first served."""

    def __init__(self, slots: int, patience: float = 120.0) -> None:
        self.slots = slots
        self.patience = patience
        self._free = slots
        self._queue: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many computations wait."""
        return len(self._queue)

    @contextmanager
    def admitted(self, on_wait: Callable[[int], None] = lambda _waiting: None) -> Iterator[None]:
        """Hold one of the slots during the `with`.

        Args:
            on_wait: called ten times a second while waiting, with the number of waiting computations;
                whatever it raises ends the wait.

        Raises:
            Busy: no slot came free within `patience` seconds.
        """
        turn = self._enter()
        try:
            self._wait(turn, on_wait)
            yield
        finally:
            self._leave(turn)

    def _enter(self) -> threading.Event:
        """Take a free slot or a place in the queue; the event says that the turn has come."""
        turn = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                turn.set()
            else:
                self._queue.append(turn)
        return turn

    def _wait(self, turn: threading.Event, on_wait: Callable[[int], None]) -> None:
        deadline = time.monotonic() + self.patience
        while not turn.wait(0 if turn.is_set() else 0.1):
            if time.monotonic() > deadline:
                raise Busy("The machine is busy with other people's work: please try again in a minute.")
            on_wait(self.waiting)

    def _leave(self, turn: threading.Event) -> None:
        """Hand the slot to whoever waited longest, or leave the queue."""
        with self._lock:
            if not turn.is_set():
                self._queue.remove(turn)
            elif self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Those this process may use, which in a container are fewer than the machine has."""

GATE = Gate(max(1, CORES // 2))
"""For every heavy computation of this server."""


_STARTED: weakref.WeakSet[Job[Any]] = weakref.WeakSet()
_LONGEST_STEP = 5.0


def end_all() -> None:
    """Cancel every job and wait for its present step: a thread inside the network would abort a process that ends."""
    running = [job for job in list(_STARTED) if job.running]
    for job in running:
        job.cancel()
    for job in running:
        job.wait(_LONGEST_STEP)


atexit.register(end_all)


class Job(Generic[Frame]):
    """A generator run to its end in a thread of its own, which knows nothing of the screen.

    It passes the gate anew for each step, so that minutes of work let others in between.

    Attributes:
        key: what it computes; a page compares it with what it wants.
        latest: the newest frame, or None before the first.
        error: what ended it early, or None.
    """

    def __init__(self, key: object, steps: Callable[[], Iterator[Frame]], gate: Gate | None = GATE) -> None:
        self.key = key
        self.latest: Frame | None = None
        self.error: Exception | None = None
        self.started = time.monotonic()
        self._cancelled = threading.Event()
        self._done = threading.Event()
        self._steps, self._gate = steps, gate
        _STARTED.add(self)
        threading.Thread(target=self._run, daemon=True, name="job").start()

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return not self._done.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to stop; it does so at its next step, and whatever its generator holds is released."""
        self._cancelled.set()

    def anew(self) -> Job[Frame]:
        """The same work, started from the beginning."""
        return Job(self.key, self._steps, self._gate)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end; whether it has ended."""
        return self._done.wait(timeout)

    def _run(self) -> None:
        try:
            self._consume()
        except Exception as error:
            self.error = None if self.cancelled else error
        finally:
            self._done.set()

    def _consume(self) -> None:
        frames: Iterator[Frame] | None = None
        try:
            while not self.cancelled:
                with self._admitted():
                    frames = self._steps() if frames is None else frames
                    self.latest = next(frames)
        except StopIteration:
            return
        finally:
            close = getattr(frames, "close", None)
            if close is not None:
                close()

    def _admitted(self) -> AbstractContextManager[None]:
        return nullcontext() if self._gate is None else self._gate.admitted(self._give_up_if_cancelled)

    def _give_up_if_cancelled(self, _waiting: int) -> None:
        if self.cancelled:
            raise Busy("Cancelled.")


class Jobs:
    """The jobs of one session, at most one of each kind: a new one supersedes the old."""

    def __init__(self) -> None:
        self._by_kind: dict[str, Job[object]] = {}

    def submit(
        self,
        kind: str,
        key: object,
        steps: Callable[[], Iterator[object]],
        gate: Gate | None = GATE,
    ) -> Job[object]:
        """Start a job, unless the running one of its kind has the same key already."""
        old = self._by_kind.get(kind)
        if old is not None and old.key == key and old.running and not old.cancelled:
            return old
        if old is not None:
            old.cancel()
        self._by_kind[kind] = Job(key, steps, gate)
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
        """Cancel everything: the session has ended."""
        for job in self._by_kind.values():
            job.cancel()
