"""What was found out about something that never changes, a bounded number of answers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["Memory"]

T = TypeVar("T")
_KEPT = 256


class Memory:
    """Answers by question; those asked for least recently are forgotten. A copy, or a pickled one, is empty.

    Args:
        kept: at most how many.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer to a question, made if it is not known; whoever asks gets the same one.

        It is made outside the lock, so that nobody waits for another question: two threads that ask at once may
        both make it, and the first one done is kept. What `make` raises is raised, and nothing is kept.
        """
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                found: T = self._answers[key]
                return found
        made = make()
        with self._lock:
            kept: T = self._answers.setdefault(key, made)
            self._answers.move_to_end(key)
            while len(self._answers) > self._kept:
                self._answers.popitem(last=False)
        return kept

    def __reduce__(self) -> tuple[type[Memory], tuple[int]]:
        """Locks cannot be copied, and answers are found again."""
        return type(self), (self._kept,)
