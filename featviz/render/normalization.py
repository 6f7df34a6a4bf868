"""Honest scales: from measured values to 256 levels and back, with a sentence that says which scale it is.

Values that cannot be negative start at zero; signed values lie symmetrically about zero; a map whose values
are all equal stays flat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.render.colormaps import CENTER

Values = NDArray[np.floating[Any]]
_ROUNDING = 2.0**-20


@dataclass(frozen=True)
class Scale:
    """The values that the first and last colour stand for.

    A symmetric scale has `low == -high`, zero at index 128 and the same number of levels on both sides.

    Raises:
        BadInput: the limits are not finite, not in order, or not symmetric where the scale says so.
    """

    low: float
    high: float
    symmetric: bool = False

    def __post_init__(self) -> None:
        """Refuse limits that are no scale."""
        if not (isfinite(self.low) and isfinite(self.high) and self.low <= self.high):
            raise BadInput(
                f"A scale from {self.low} to {self.high} came; it needs two finite limits in order.",
                code="bad_scale",
            )
        if self.symmetric and self.low != -self.high:
            raise BadInput(
                f"A symmetric scale from {self.low} to {self.high} came; its limits must be opposite.",
                code="bad_scale",
            )

    @property
    def step(self) -> float:
        """The value between two neighbouring levels; 0 for a scale without extent."""
        return self.high / (255 - CENTER) if self.symmetric else (self.high - self.low) / 255

    @property
    def origin(self) -> float:
        """The value of level 0."""
        return -CENTER * self.step if self.symmetric else self.low

    def to_uint8(self, values: Values) -> NDArray[np.uint8]:
        """Round finite values to levels; what lies outside the limits takes the nearest one."""
        return quantize(np.asarray(values)[None], [self]).reshape(np.shape(values))

    def to_values(self, levels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What levels stand for, right to half a step within the limits."""
        return (self.origin + self.step * levels.astype(np.float64)).astype(np.float32)


def quantize(maps: Values, scales: Sequence[Scale]) -> NDArray[np.uint8]:
    """Maps (n, ...) to levels, each on its own scale, as `Scale.to_uint8` does.

    Raises:
        BadInput: values are not finite, or the number of scales differs from the number of maps.
    """
    _require_finite(maps)
    if len(scales) != len(maps):
        raise BadInput(
            f"{len(scales)} scales came for {len(maps)} maps; each map needs one.", code="scale_count"
        )
    # In place and in the precision of the maps: much faster than in float64, and right to 1e-4 of a level.
    dtype = np.result_type(maps.dtype, np.float32)
    parts = [(scale.origin, scale.step, CENTER if scale.symmetric else 0) for scale in scales]
    origin, step, zero = np.array(parts).T.reshape(3, -1, *(1,) * (maps.ndim - 1)).astype(dtype)
    with np.errstate(over="ignore"):
        levels = np.subtract(maps, origin, dtype=dtype)
        levels /= np.where(step > 0, step, 1)
    np.rint(levels, out=levels)
    np.clip(levels, np.minimum(zero, 1), 255, out=levels)
    without_extent = step.ravel() == 0
    levels[without_extent] = zero[without_extent]
    return np.asarray(levels, np.uint8)


def shared_scale(maps: Values, *, symmetric: bool | None = None, percentile: float = 100) -> Scale:
    """One scale for all maps, so that their colours can be compared.

    Args:
        maps: finite values of any shape.
        symmetric: about zero; left out, the values decide: symmetric if any is negative.
        percentile: the share of values, in percent above 50, that lie within the limits; 100 is the extreme.

    Raises:
        BadInput: values are not finite, there are none, or the percentile is out of range.
    """
    flat = np.asarray(maps).reshape(1, -1)
    return channel_scales(flat, symmetric=symmetric, percentile=percentile)[0]


def channel_scales(
    maps: Values, *, symmetric: bool | None = None, percentile: float = 100
) -> tuple[Scale, ...]:
    """One scale for each map (n, ...), so that weak channels are seen too; arguments as `shared_scale`."""
    _require_finite(maps)
    if not 50 < percentile <= 100:
        raise BadInput(
            f"Percentile {percentile} came; it must lie above 50 and at most be 100.", code="percentile"
        )
    flat = maps.reshape(len(maps), -1)
    low, high = _limits(flat, percentile)
    if symmetric is None:
        symmetric = bool((flat.min(axis=1) < 0).any())
    if symmetric:
        reach = _limits(np.abs(flat), percentile)[1]
        return tuple(Scale(-limit, limit, symmetric=True) for limit in reach.tolist())
    return tuple(Scale(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))


def is_rounding(maps: Values) -> NDArray[np.bool_]:
    """Which maps (n, ...) are zero to rounding, though not zero: what sums of numbers of size 1 miss by.

    No value of them is above 2^-20, eight roundings of a float32, of the largest of all maps or of 1, the size of what
    a network is given. On a scale of its own such a map would be a pattern in full contrast.
    """
    largest = np.abs(maps.reshape(len(maps), -1)).max(axis=1)
    limit = _ROUNDING * max(1.0, float(largest.max()))
    return np.asarray((largest > 0) & (largest <= limit), np.bool_)


def without_rounding(scales: Sequence[Scale], maps: Values) -> tuple[Scale, ...]:
    """The scales of maps (n, ...), one each, without extent for those that are zero to rounding (`is_rounding`)."""
    return tuple(
        Scale(0.0, 0.0, scale.symmetric) if flat else scale
        for scale, flat in zip(scales, is_rounding(maps).tolist(), strict=True)
    )


def without_non_finite(maps: Values) -> tuple[Values, str]:
    """Put zero where values are not finite.

    Returns:
        The maps and a sentence that says how many values were replaced; it is empty if none was.
    """
    missing = ~np.isfinite(maps)
    count = int(missing.sum())
    if count == 0:
        return maps, ""
    return np.where(missing, 0, maps), f"{count} of {maps.size} values are not finite and are shown as zero."


def format_number(value: float) -> str:
    """Three significant digits: 0.1234 to "0.123", 1234.5 to "1230"; zero has no sign."""
    return f"{float(f'{value:.3g}') + 0.0:g}"


def describe(scale: Scale) -> str:
    """What the colours mean: "0 to 3.2", or "all 0" where a scale has no extent."""
    if scale.low == scale.high:
        return f"all {format_number(scale.low)}"
    return f"{format_number(scale.low)} to {format_number(scale.high)}"


def describe_ends(scales: Sequence[Scale]) -> tuple[str, str, str]:
    """What the first and the last color of maps with these scales mean, and whether one scale holds for all.

    The ends are values where all scales are equal.

    Raises:
        BadInput: there is no scale.
    """
    if not scales:
        raise BadInput("No scale came; colors without one mean nothing.", code="no_scale")
    one = scales[0]
    if all(scale == one for scale in scales):
        return format_number(one.low), format_number(one.high), "one scale for all" if len(scales) > 1 else ""
    if one.symmetric:
        return "-max", "+max", "each on its own scale"
    return "lowest" if any(scale.low < 0 for scale in scales) else "0", "max", "each on its own scale"


def _limits(flat: Values, percentile: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high of each row of (n, k), never on the same side of zero."""
    low, high = np.minimum(flat.min(axis=1), 0), np.maximum(flat.max(axis=1), 0)
    if percentile < 100:
        inner = np.clip(np.percentile(flat, [100 - percentile, percentile], axis=1), low, high)
        # A sparse map may have nothing but zeros within the percentile; its few values are still there.
        some = np.ptp(inner, axis=0) > 0
        low, high = (
            np.where(some, np.minimum(inner[0], 0), low),
            np.where(some, np.maximum(inner[1], 0), high),
        )
    return low.astype(np.float64), high.astype(np.float64)


def _require_finite(maps: Values) -> None:
    if maps.size == 0:
        raise BadInput("An empty array of maps came; at least one value is needed.", code="no_values")
    if not np.isfinite(maps).all():
        raise BadInput(
            f"{int((~np.isfinite(maps)).sum())} of {maps.size} values are not finite and have no colour; "
            "replace them with without_non_finite, which says so.",
            code="not_finite",
        )
