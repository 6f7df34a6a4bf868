"""A lane: so many pieces of work at a time, the others wait in the order they came; nobody is sent away."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Lane"]

_LOOK = 0.1


class Lane:
    """Admits `slots` pieces of work at a time; the others wait their turn, first come, first served."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._free = slots
        self._queue: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait."""
        return len(self._queue)

    @contextmanager
    def admitted(self, on_wait: Callable[[int], None] = lambda _position: None) -> Iterator[None]:
        """Hold one of the slots during the `with`.

        Args:
            on_wait: called ten times a second while waiting, with the position in the queue, from 1; whatever it
                raises ends the wait.
        """
        turn = self.enter(on_wait)
        try:
            yield
        finally:
            self.leave(turn)

    def enter(self, on_wait: Callable[[int], None] = lambda _position: None) -> threading.Event:
        """Wait for a slot, as `admitted` does; what `leave` is given to hand it on."""
        turn = self._enqueue()
        try:
            while not turn.wait(0 if turn.is_set() else _LOOK):
                on_wait(self._position(turn))
        except BaseException:
            self.leave(turn)
            raise
        return turn

    def leave(self, turn: threading.Event) -> None:
        """Hand the slot to whoever waited longest, or leave the queue."""
        with self._lock:
            if not turn.is_set():
                self._queue.remove(turn)
            elif self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1

    def _enqueue(self) -> threading.Event:
        """Take a free slot or a position in the queue; the event says that the turn has come."""
        turn = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                turn.set()
            else:
                self._queue.append(turn)
        return turn

    def _position(self, turn: threading.Event) -> int:
        with self._lock:
            return self._queue.index(turn) + 1 if turn in self._queue else 1
