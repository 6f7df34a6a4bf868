"""Coordinates that a few far points stretch, such as those of a coded missing value."""

from __future__ import annotations

import numpy as np

from featviz.representation.neighbors.exact import Doubles

__all__ = ["stretched_notes"]

_VARIANCES = 1e4
_SPREADS = 100.0
_FEW = 0.2
_NAMED = 3


def stretched_notes(values: Doubles) -> tuple[str, ...]:
    """A sentence for each of the first three coordinates that at most a fifth of the points stretch.

    Such a coordinate has 10,000 times the variance of the middle one, and those points lie 100 times as far from its
    median as the middle half of the points spreads.

    Args:
        values: (n, d).
    """
    variances = values.var(0)
    positive = variances[variances > 0]
    if len(positive) < 2:
        return ()
    candidates = np.flatnonzero(variances > _VARIANCES * np.median(positive))
    notes = (_note(int(column), values[:, column]) for column in candidates)
    return tuple(note for note in notes if note)[:_NAMED]


def _note(column: int, values: Doubles) -> str:
    low, middle, high = np.percentile(values, [25, 50, 75])
    far = np.abs(values - middle) > _SPREADS * (high - low)
    count = int(far.sum())
    if not 0 < count <= _FEW * len(values):
        return ""
    others, farthest = values[~far], values[far][np.abs(values[far] - middle).argmax()]
    points = "1 point" if count == 1 else f"{count:,} points"
    return (
        f"Coordinate {column} is stretched by {points} of {len(values):,} (to {farthest:.10g}; the others lie from "
        f"{others.min():.4g} to {others.max():.4g}), and rules all distances: it may hold a code for a missing value."
    )
