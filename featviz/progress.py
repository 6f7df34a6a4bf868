"""How far long work is, and where it gives way.

What every generator of the library yields on the way, and in the end its result; and how long loops let whoever
runs them stop in between, without knowing who that is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Progress", "finished", "give_way", "giving_way", "within"]

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)
_LOCAL = threading.local()


@dataclass(frozen=True, eq=False)
class Progress(Generic[T_co]):
    """Work on its way to a result.

    Attributes:
        done: pieces behind it.
        total: pieces in all, as far as that is known.
        note: what is going on, in plain words; "" where the numbers say it all.
        result: as far as it is known, None before; the last one's is the result.
        seconds: since the work began, 0 where nobody measured it.
    """

    done: int
    total: int
    note: str = ""
    result: T_co | None = None
    seconds: float = 0.0

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.done / max(1, self.total))


def finished(steps: Iterable[Progress[T]]) -> T:
    """Let work run to its end and give its result.

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
    """Work that is a part of other work: tell how far the whole is after each step, and return the part's result.

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


def give_way() -> None:
    """Let others have the processor, where this thread's work was started with `giving_way`; else nothing happens.

    Loops that take longer than 150 ms call it between batches. It may not return before others have had their
    turn, and it may raise what ends the work; nothing may be half done when it is called.
    """
    hook: Callable[[], None] | None = getattr(_LOCAL, "hook", None)
    if hook is not None:
        hook()


@contextmanager
def giving_way(hook: Callable[[], None]) -> Iterator[None]:
    """Have `give_way` call `hook` in this thread during the `with`."""
    before: Callable[[], None] | None = getattr(_LOCAL, "hook", None)
    _LOCAL.hook = hook
    try:
        yield
    finally:
        _LOCAL.hook = before
