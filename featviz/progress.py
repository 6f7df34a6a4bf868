"""How far long work is: what every generator of the library yields on the way, and in the end its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Progress"]

T_co = TypeVar("T_co", covariant=True)


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
