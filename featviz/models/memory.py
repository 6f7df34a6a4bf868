"""A bounded cache of results about something that never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["Memory"]

T = TypeVar("T")
_MAX_ENTRIES = 256


class Memory:
    """Results by key, the least recently used dropped first (LRU). A copy, or a pickled one, is empty.

    Args:
        max_entries: the largest number of results it holds.
    """

    def __init__(self, max_entries: int = _MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable, make: Callable[[], T]) -> T:
        """The cached result of a key, or else that of `make()`; every caller gets the same object.

        `make` runs outside the lock, so that nobody waits for another key: two threads that call at once may both
        run it, and the first result is cached. What `make` raises is raised, and nothing is cached.
        """
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                known: T = self._answers[key]
                return known
        answer = make()
        with self._lock:
            cached: T = self._answers.setdefault(key, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > self._max_entries:
                self._answers.popitem(last=False)
        return cached

    def __reduce__(self) -> tuple[type[Memory], tuple[int]]:
        """Locks cannot be copied, and results are computed again."""
        return type(self), (self._max_entries,)
