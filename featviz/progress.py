"""Progress of long computations, and where they yield the processor.

Every generator of the library yields `Progress`, the last one with its result; and long loops call `yield_now`, so
that whoever runs them can let other threads go first or stop them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Progress", "finished", "within", "yield_now", "yielding_to"]

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)
_LOCAL = threading.local()


@dataclass(frozen=True, eq=False)
class Progress(Generic[T_co]):
    """How far a computation is.

    Attributes:
        done: number of units of work completed, in whatever unit the generator documents (steps, images, bytes).
        total: number of them in all; 0 where it is unknown.
        note: what is being computed, in plain words; "" where the numbers say it all.
        result: the result so far, or None; that of the last `Progress` is the result.
        seconds: since the computation began, 0 where it is not measured.
        seconds_left: until its end, where the computation itself estimates that; else None.
    """

    done: int
    total: int
    note: str = ""
    result: T_co | None = None
    seconds: float = 0.0
    seconds_left: float | None = None

    @property
    def share(self) -> float:
        """The fraction done, in [0, 1]."""
        return min(1.0, self.done / max(1, self.total))


def finished(steps: Iterable[Progress[T]]) -> T:
    """Run a computation to its end and return its result.

    Raises:
        RuntimeError: it ended without one, a mistake in the program.
    """
    last: Progress[T] | None = None
    for last in steps:  # noqa: B007 - the last one alone is asked for
        pass
    return _result(last)


def within(
    steps: Iterable[Progress[T]], tell: Callable[[Progress[T]], Progress[U]]
) -> Generator[Progress[U], None, T]:
    """Run one part of a larger computation: yield the whole's progress after each step, and return the part's result.

    Raises:
        RuntimeError: the part ended without a result, a mistake in the program.
    """
    last: Progress[T] | None = None
    for last in steps:
        yield tell(last)
    return _result(last)


def _result(last: Progress[T] | None) -> T:
    if last is None or last.result is None:
        raise RuntimeError("This work ended without a result.")
    return last.result


def yield_now() -> None:
    """Let other threads have the processor, where this thread runs inside `yielding_to`; else nothing happens.

    Loops that take longer than 150 ms call it between batches. It may not return before others have had their
    turn, and it may raise what ends the work; nothing may be half done when it is called.
    """
    hook: Callable[[], None] | None = getattr(_LOCAL, "hook", None)
    if hook is not None:
        hook()


@contextmanager
def yielding_to(hook: Callable[[], None]) -> Iterator[None]:
    """Have `yield_now` call `hook` in this thread during the `with`."""
    before: Callable[[], None] | None = getattr(_LOCAL, "hook", None)
    _LOCAL.hook = hook
    try:
        yield
    finally:
        _LOCAL.hook = before
