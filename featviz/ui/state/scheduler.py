"""One scheduler for all work of the server: light work at once, heavy work by turns, files beside both.

Light work is a pass or two of a network, for a page that is being made. It never waits behind heavy work: while
pages are made, heavy jobs rest between their turns. Heavy work takes turns: who was served least comes next,
whatever the length of its steps. A few jobs take turns at a time, the others queue and know their position.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from featviz.ui.state.lane import Lane

__all__ = ["CORES", "SCHEDULER", "Scheduler", "Served"]

_LOOK = 0.1


@dataclass(eq=False)
class Served:
    """What a heavy job has had.

    Attributes:
        seconds: it held a slot, all told.
        virtual: the same, but from what the others had when it joined them: nobody catches up for the past.
        in_row: seconds it held a slot since it last left the queue.
        began: when its present turn began.
        cpu: of its thread, when its present turn began.
    """

    seconds: float = 0.0
    virtual: float = 0.0
    in_row: float = 0.0
    began: float = 0.0
    cpu: float = 0.0


class Scheduler:
    """Decides which heavy job has the next turn, and holds the lanes of light work and of files.

    Args:
        heavy: turns at a time.
        light: pieces of light work at a time.
        pages: made at a time: more would only take the interpreter from each other.
        at_once: heavy jobs that take turns with each other; the others queue.
        quantum: seconds of turns after which a job goes to the end of the queue, where there is one.
        turn_length: seconds after which a job gives way, at the next chance.
        share: of the processor, for heavy work while pages are made, in (0, 1].
        cores: of the processor; each turn may use as many threads as there are cores for it.
        clock: tells the seconds.
        cpu: tells the seconds of the processor that this thread used.
    """

    def __init__(
        self,
        heavy: int = 1,
        light: int = 2,
        pages: int = 4,
        *,
        at_once: int = 4,
        quantum: float = 20.0,
        turn_length: float = 0.05,
        share: float = 1 / 3,
        cores: int = 1,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self.heavy, self.at_once, self.quantum = heavy, max(at_once, heavy), quantum
        self.turn_length = turn_length
        self.light, self.files, self.pages = Lane(light), Lane(max(4, light)), Lane(pages)
        self._clock, self._cpu = clock, cpu
        self._granted, self._threads = share * cores, max(1, cores // heavy)
        self._debt, self._debt_at = 0.0, clock()  # seconds of the processor that heavy work has to rest for
        self._present = 0  # pages that are made, or wait to be
        self._free = heavy
        self._active: list[Served] = []
        self._queue: deque[Served] = deque()
        self._holding: set[Served] = set()
        self._changed = threading.Condition()
        self._here = threading.local()

    @contextmanager
    def page(self) -> Iterator[None]:
        """A page is made during the `with`, after those that came before it: heavy jobs rest between their turns."""
        self._begin_page()
        try:
            yield
        finally:
            self._end_page()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The page of this thread only waits, for a job or for files: nobody need rest for it."""
        paged = getattr(self._here, "turn", None) is not None
        if paged:
            self._end_page()
        try:
            yield
        finally:
            if paged:
                self._begin_page()

    def enlist(self) -> Served:
        """Enter a heavy job: it takes turns at once, or queues."""
        served = Served()
        with self._changed:
            self._queue.append(served)
            self._fill()
        return served

    def dismiss(self, served: Served) -> None:
        """A heavy job has ended: whoever queues longest takes its place."""
        with self._changed:
            for those in (self._active, self._queue):
                if served in those:
                    those.remove(served)
            self._fill()

    def queue_position(self, served: Served) -> int:
        """The position of a job in the queue, from 1; 0 where it takes turns."""
        with self._changed:
            return self._queue.index(served) + 1 if served in self._queue else 0

    @property
    def taking_turns(self) -> int:
        """How many heavy jobs take turns now."""
        return len(self._active)

    @contextmanager
    def turns(self, served: Served, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Take turns during the `with`, which begins with the first one.

        Args:
            served: the job's.
            on_wait: called ten times a second while waiting; whatever it raises ends the wait.
        """
        self._begin_turn(served, on_wait)
        try:
            yield
        finally:
            self._end_turn(served)

    def yield_now(self, served: Served, on_wait: Callable[[], None] = lambda: None) -> None:
        """Within `turns`: end the turn where it lasted long enough, and come back with the next one."""
        duration = self._clock() - served.began
        if duration >= self.turn_length or (self._present and duration > self.turn_length / 5):
            self._end_turn(served)
            self._begin_turn(served, on_wait)

    def _begin_turn(self, served: Served, on_wait: Callable[[], None]) -> None:
        while True:
            with self._changed:
                now = self._clock()
                if self._may_begin(served, now):
                    self._rest(now)
                    self._free -= 1
                    self._holding.add(served)
                    served.began, served.cpu = now, self._cpu()
                    return
                self._changed.wait(self._until_rested(now))
            on_wait()

    def _may_begin(self, served: Served, now: float) -> bool:
        """Whether a slot is free and has rested, and nobody who had less stands before this one.

        Those between two turns count like those who wait: they come back at once.
        """
        if not self._free or served not in self._active:
            return False
        others = (each for each in self._active if each is not served and each not in self._holding)
        before = sum(each.virtual < served.virtual for each in others)
        return before < self._free and not (self._present and self._rest(now) > 0)

    def _rest(self, now: float) -> float:
        """Seconds until heavy work has no more than its share of the processor."""
        self._debt = max(0.0, self._debt - self._granted * (now - self._debt_at))
        self._debt_at = now
        return self._debt / self._granted

    def _until_rested(self, now: float) -> float:
        rest = self._rest(now)
        return min(_LOOK, rest) if self._present and rest > 0 else _LOOK

    def _end_turn(self, served: Served) -> None:
        with self._changed:
            if served not in self._holding:
                return
            now = self._clock()
            took = now - served.began
            served.seconds, served.virtual = served.seconds + took, served.virtual + took
            served.in_row += took
            self._holding.discard(served)
            self._debt += self._threads * (self._cpu() - served.cpu)
            self._rest(now)
            self._free += 1
            if self._queue and served in self._active and served.in_row >= self.quantum:
                self._active.remove(served)
                self._queue.append(served)
            self._fill()

    def _fill(self) -> None:
        """Let those who queue longest take turns, as many as there is room for."""
        while self._queue and len(self._active) < self.at_once:
            served = self._queue.popleft()
            served.virtual = min((each.virtual for each in self._active), default=0.0)
            served.in_row = 0.0
            self._active.append(served)
        self._changed.notify_all()

    def _begin_page(self) -> None:
        with self._changed:
            self._present += 1
        self._here.turn = self.pages.enter()

    def _end_page(self) -> None:
        self.pages.leave(self._here.turn)
        self._here.turn = None
        with self._changed:
            self._present -= 1
            self._changed.notify_all()


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Those this process may use, which in a container are fewer than the machine has."""

SCHEDULER = Scheduler(max(1, CORES // 2), CORES, CORES, cores=CORES)
"""Of this server."""
