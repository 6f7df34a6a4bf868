"""What the colours of a map say: categories with a legend, or values with a colour bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.render.categories import CATEGORY_COLORS, NO_CATEGORY, category_colors
from featviz.render.colormaps import COLORMAPS

__all__ = ["PointColors", "by_category", "by_value", "single_color"]

_LEVELS = 256
_ENDS = (1.0, 99.0)
_MIN_FOR_PERCENTILES = 200
_NAMELESS = "none"
_SHARED_COLORS_NOTE = (
    "{count} categories share {colors} colours: choose some in the legend to tell them apart."
)


@dataclass(frozen=True, eq=False)
class PointColors:
    """The colours of n points.

    Attributes:
        title: what they say.
        indices: (n,) uint16, into the palette.
        palette: (k, 3) uint8.
        names: of the categories, in the palette's order; empty where the colours stand for values.
        counts: how many points each category has.
        nameless: whether the last category is that of points without one.
        bounds: the values at the ends of the colour bar, where there is one.
        beyond: whether values lie below and above the ends.
        note: what else there is to say, in a sentence.
    """

    title: str
    indices: NDArray[np.uint16]
    palette: NDArray[np.uint8]
    names: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    nameless: bool = False
    bounds: tuple[float, float] | None = None
    beyond: tuple[bool, bool] = (False, False)
    note: str = ""

    def shown(self, hidden: Collection[int]) -> NDArray[np.bool_] | None:
        """(n,) which points are shown where some categories are hidden; None where all are."""
        concealed = [each for each in hidden if 0 <= each < len(self.names)]
        return ~np.isin(self.indices, concealed) if concealed else None

    def without(self, hidden: Collection[int]) -> PointColors:
        """The same with the colours given out anew among the categories that are not hidden."""
        if len(self.names) - self.nameless <= len(CATEGORY_COLORS):
            return self
        visible = np.array([each not in hidden for each in range(len(self.names))])
        crowded = int(visible.sum()) > len(CATEGORY_COLORS)
        return replace(self, palette=_palette(visible, self.nameless), note=self.note if crowded else "")


def by_category(values: Sequence[str | None], title: str, names: Sequence[str] = ()) -> PointColors:
    """One colour a category; grey for points without one.

    Args:
        values: (n,) the category of each point.
        title: what the categories are.
        names: the categories in the order of the legend; sorted, numbers by size, if not given.
    """
    counted = Counter(values)
    present = [name for name in names if name in counted] or sorted(
        (name for name in counted if name is not None), key=_numeric_first
    )
    nameless = None in counted
    indices: dict[str | None, int] = {name: index for index, name in enumerate(present)}
    indices[None] = len(present)
    legend: list[str | None] = [*present, *([None] * nameless)]
    crowded = len(present) > len(CATEGORY_COLORS)
    return PointColors(
        title,
        np.fromiter(map(indices.__getitem__, values), np.uint16, len(values)),
        _palette(np.ones(len(legend), bool), nameless, present),
        tuple(name or _NAMELESS for name in legend),
        tuple(counted[name] for name in legend),
        nameless,
        note=_SHARED_COLORS_NOTE.format(count=len(present), colors=len(CATEGORY_COLORS)) if crowded else "",
    )


def by_value(values: ArrayLike, title: str, *, colors: str = "viridis") -> PointColors:
    """A colour bar from low to high; grey for points whose value is not known (NaN).

    The bar ends at the first and the last percentile, so that one outlier does not use up all colours.

    Args:
        values: (n,).
        title: what the values are.
        colors: an id out of `COLORMAPS`.
    """
    array = np.asarray(values, np.float64)
    known = np.isfinite(array)
    table = np.concatenate([COLORMAPS[colors].table, NO_CATEGORY[None]])
    indices = np.full(len(array), _LEVELS, np.uint16)
    if not known.any():
        return PointColors(title, indices, table, note="No value is known.")
    low, high = _ends(array[known])
    share = (array[known] - low) / (high - low or 1.0)
    indices[known] = np.rint(share.clip(0, 1) * (_LEVELS - 1)).astype(np.uint16)
    missing = int((~known).sum())
    note = f"Grey: no value ({missing:,})." if missing else ""
    beyond = (bool((array[known] < low).any()), bool((array[known] > high).any()))
    return PointColors(title, indices, table, bounds=(low, high), beyond=beyond, note=note)


def single_color(count: int, note: str) -> PointColors:
    """All points grey, with the reason."""
    return PointColors("", np.zeros(count, np.uint16), NO_CATEGORY[None], note=note)


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    if len(values) < _MIN_FOR_PERCENTILES:
        return float(values.min()), float(values.max())
    low, high = (float(end) for end in np.percentile(values, _ENDS))
    return (low, high) if high > low else (float(values.min()), float(values.max()))


def _numeric_first(name: str) -> tuple[float, str]:
    """Numbers by size, then words."""
    return (float(name), name) if name.isdecimal() and name.isascii() else (float("inf"), name)


def _palette(visible: NDArray[np.bool_], nameless: bool, names: Sequence[str] = ()) -> NDArray[np.uint8]:
    if not nameless:
        return category_colors(visible, names)
    return np.concatenate([category_colors(visible[:-1], names), NO_CATEGORY[None]])
