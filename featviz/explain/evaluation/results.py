"""What a check finds: a level, a figure, one plain sentence, and the arrays they were read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Completeness",
    "Curve",
    "Curves",
    "Finding",
    "Level",
    "Localization",
    "Randomization",
    "Shift",
    "Stability",
    "unknown",
]

Level = Literal["good", "doubtful", "bad", "unknown"]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Finding:
    """The result of a check.

    Attributes:
        level: whether to believe the map; "unknown" where the check says nothing about it.
        figure: the number in short, such as "0.8% gap"; empty where there is none.
        sentence: what was found, with what it is judged against.
    """

    level: Level
    figure: str
    sentence: str


def unknown(sentence: str) -> Finding:
    """What is found where a check says nothing, and why."""
    return Finding("unknown", "", sentence)


@dataclass(frozen=True, eq=False)
class Completeness(Finding):
    """A map's sum beside the sum that its method promises.

    Attributes:
        total: the sum of the raw map.
        promised: what it should be: the target's value, less that of the baseline where there is one.
        gap: their difference as a part of `promised`.
        baseline: which one, in words.
        steps: with how many steps or samples the map was made, rising.
        gaps: the gap of each.
    """

    total: float
    promised: float
    gap: float
    baseline: str
    steps: tuple[int, ...] = ()
    gaps: tuple[float, ...] = ()


class Curve(NamedTuple):
    """The target's values (n,) float32 along a curve, and the area under them as a mean value."""

    values: Floats
    area: float


@dataclass(frozen=True, eq=False)
class Curves(Finding):
    """How the target fares while pixels are deleted or inserted, the map's highest first.

    Attributes:
        kind: "deletion" or "insertion".
        quantity: what the values are, such as "probability".
        fractions: (n,) float32, the part of the pixels that has been deleted or inserted.
        values: (n,) float32, the target's value at each.
        area: under the curve, as a mean value.
        baselines: "random" and "edges": the same for the random map and for the edge detector.
        baseline: which image takes the place of the deleted pixels, or is inserted into.
    """

    kind: Literal["deletion", "insertion"]
    quantity: str
    fractions: Floats
    values: Floats
    area: float
    baselines: Mapping[str, Curve]
    baseline: str


@dataclass(frozen=True, eq=False)
class Randomization(Finding):
    """The map of a network whose layers lose their weights one group after the other, the last first.

    Attributes:
        stages: what lost its weights last at each stage, such as "head"; the last stage has none left.
        maps: (k, H, W) float32, the map at each stage, of its first draw.
        correlations: (k,) float32, Spearman's of the absolute values with the map's, the mean of a stage's draws.
        signed: (k,) float32, Spearman's of the signed values; the last one decides.
    """

    stages: tuple[str, ...]
    maps: Floats
    correlations: Floats
    signed: Floats


@dataclass(frozen=True, eq=False)
class Stability(Finding):
    """How far the map moves when the image gets a noise that nobody sees.

    Attributes:
        sensitivity: the greatest change of the map, as a part of the map.
        radius: of the noise, as a part of the image's range of values.
        sensitivities: (k,) float32, the change with each noise.
        edges: the greatest change of the edge detector's map under the same noise.
        worst: (H, W) float32, the map that moved farthest.
    """

    sensitivity: float
    radius: float
    sensitivities: Floats
    edges: float
    worst: Floats


@dataclass(frozen=True, eq=False)
class Shift(Finding):
    """The map of the shifted image, shifted back.

    Attributes:
        correlation: Pearson's with the map, over what both images show; the least of all shifts.
        shifts: rows and columns of each.
        correlations: (k,) float32, of each.
        still: the same of a map that stays in its place: how alike the map and its own shift are.
        realigned: (H, W) float32, the map of the worst shift, shifted back; zero where it saw nothing.
    """

    correlation: float
    shifts: tuple[tuple[int, int], ...]
    correlations: Floats
    still: float
    realigned: Floats


@dataclass(frozen=True, eq=False)
class Localization(Finding):
    """How much of the map lies where the truth is.

    Attributes:
        share: the part of the positive attribution that lies on the mask.
        chance: the part of the image that the mask covers.
        hit: whether the map's highest point lies on it.
        point: row and column of that point.
    """

    share: float
    chance: float
    hit: bool
    point: tuple[int, int]
