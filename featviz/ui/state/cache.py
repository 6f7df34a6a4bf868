"""Results kept for everybody: bounded by bytes, keyed by what they were computed from, computed once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["FEATURES", "IMAGES", "MODELS", "SETS", "THUMBNAILS", "ByteCache"]

Value = TypeVar("Value")
_MIB = 1 << 20


@dataclass
class _Turn:
    """Who computes a value: one caller holds the lock, and the last of them forgets it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    callers: int = 0


class ByteCache:
    """A least-recently-used cache that holds at most so many bytes, safe from any thread.

    Sessions that ask for the same key at the same time wait for one computation. Failures are not kept.
    Values are shared and therefore must not be changed: arrays are handed over read-only.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._computing: dict[Hashable, _Turn] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any | None:
        """The value kept under `key`, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: Hashable, value: object, size: int) -> None:
        """Keep a value of `size` bytes, dropping what was used longest ago; one over the limit is not kept."""
        with self._lock:
            self.used -= self._entries.pop(key, (None, 0))[1]
            if size > self.limit:
                return
            self._entries[key] = (value, size)
            self.used += size
            while self.used > self.limit:
                self.used -= self._entries.popitem(last=False)[1][1]

    def compute(
        self,
        key: Hashable,
        make: Callable[[], Value],
        size: Callable[[Value], int],
        on_wait: Callable[[], None] = lambda: None,
    ) -> Value:
        """The value under `key`, computed with `make` if need be.

        Args:
            key: everything the value depends on.
            make: computes it; its errors reach every caller that waited and are not kept.
            size: bytes of a value.
            on_wait: called ten times a second while another thread computes the same; may raise to give up.
        """
        cached = self.get(key)
        if cached is not None:
            return cached  # type: ignore[no-any-return]
        with self._turn(key, on_wait):
            cached = self.get(key)
            if cached is not None:
                return cached  # type: ignore[no-any-return]
            value = make()
            self.put(key, value, size(value))
            return value

    @contextmanager
    def _turn(self, key: Hashable, on_wait: Callable[[], None]) -> Iterator[None]:
        """Be the only one who computes the value of `key` during the `with`."""
        with self._lock:
            turn = self._computing.setdefault(key, _Turn())
            turn.callers += 1
        try:
            while not turn.lock.acquire(timeout=0.1):
                on_wait()
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            with self._lock:
                turn.callers -= 1
                if not turn.callers:
                    del self._computing[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self.used = 0


MODELS = ByteCache(3072 * _MIB)  # the largest network of the zoo has 2.5 GB
IMAGES = ByteCache(256 * _MIB)
FEATURES = ByteCache(768 * _MIB)
SETS = ByteCache(1024 * _MIB)
THUMBNAILS = ByteCache(128 * _MIB)
