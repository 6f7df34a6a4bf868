"""What a measure reads off the features of one layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from featviz.errors import BadInput

__all__ = ["Better", "CannotSay", "Reading", "unsaid"]

Better = Literal["higher", "lower", "neither"]


class CannotSay(BadInput):
    """These features leave the question of a measure open; the sentence says why."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A number with what it is held against, or why there is none.

    Attributes:
        value: the number; None where nothing can be said.
        sentence: what it says, or "Cannot be said: ..." and why.
        better: which way is good; "neither" where that depends on what the features are for.
        baseline: the same of labels or features that mean nothing; None where there is no such number.
        baseline_name: what the baseline is of, such as "shuffled labels".
        interval: the 95 % confidence interval of the value, where it is a share of hits.
        share: whether the value is a part of all, from 0 to 1.
        count: how many images went into it.
        details: arrays it was read from, by name.
    """

    value: float | None
    sentence: str
    better: Better = "neither"
    baseline: float | None = None
    baseline_name: str = ""
    interval: tuple[float, float] | None = None
    share: bool = False
    count: int = 0
    details: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def unsaid(reason: str) -> Reading:
    """The reading where nothing can be said."""
    return Reading(None, f"Cannot be said: {reason}")
