"""What a measure yields for the features of one layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from featviz.representation.undefined import Undefined

__all__ = ["Better", "Measurement", "Undefined", "undefined"]

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, eq=False)
class Measurement:
    """A measured value with its baseline, or why there is none.

    Attributes:
        value: the number; None where nothing can be said.
        sentence: what it says, or "Cannot be said: ..." and why.
        better: which way is good; "neither" where that depends on what the features are for.
        baseline: the same of labels or features that mean nothing; None where there is no such number.
        baseline_name: what the baseline is of, such as "shuffled labels".
        interval: the 95% confidence interval of the value, where it is a share of hits.
        share: whether the value is a part of all, from 0 to 1.
        count: how many images went into it.
        details: arrays it was read from, by name.
        own_unit: whether its unit is the layer's own, so that values of different layers cannot be compared.
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
    own_unit: bool = False


def undefined(reason: str) -> Measurement:
    """The measurement where the measure is not defined."""
    return Measurement(None, f"Cannot be said: {reason}")
