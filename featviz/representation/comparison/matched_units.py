"""Units of two layers matched one to one by how their activations go together over the images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Vectors
from featviz.representation.similarity.measure import Doubles

__all__ = ["MatchedUnits", "match_units"]

Positions = NDArray[np.int64]
Correlations = NDArray[np.float32]
_TOP = 8
_DRAWS = 4
_EXACT = 1 << 20
"""Pairs up to which the matching of the largest sum is looked for; beyond, pairs that are best for both."""


@dataclass(frozen=True, eq=False)
class MatchedUnits:
    """Pairs of units, the most correlated first, no unit twice.

    Attributes:
        units_a: (m,) of layer A.
        units_b: (m,) of layer B.
        correlations: (m,) Pearson's, over the images.
        chance: what the best partner of a unit of A reaches in 95 of 100 cases when images are paired at random.
        top_a: (m, t) positions of the images that activate the unit of A most, the most first.
        top_b: (m, t) the same for the unit of B.
    """

    units_a: Positions
    units_b: Positions
    correlations: Doubles
    chance: float
    top_a: Positions
    top_b: Positions


def match_units(a: Vectors, b: Vectors, count: int = 12, *, seed: int = 0) -> MatchedUnits:
    """Match the units of two layers (Li et al. 2016, arXiv:1511.07543): the one-to-one pairs of the largest sum.

    Units that never vary have no partner.

    Args:
        a: (n, p).
        b: (n, q), of the same images.
        count: how many pairs at most.
        seed: of the random pairings that say what chance gives.
    """
    first, second = _standardized(a), _standardized(b)
    correlations = first.T @ second
    units_a, units_b = _matching(correlations)
    reached = correlations[units_a, units_b]
    real = np.flatnonzero(a[:, units_a].std(0) * b[:, units_b].std(0) > 0)
    best = real[np.argsort(-reached[real], kind="stable")][:count]
    units_a, units_b = units_a[best], units_b[best]
    return MatchedUnits(
        units_a=units_a,
        units_b=units_b,
        correlations=reached[best].astype(np.float64),
        chance=_chance(first, second, seed),
        top_a=_top(a, units_a),
        top_b=_top(b, units_b),
    )


def _standardized(vectors: Vectors) -> Correlations:
    """Mean 0 and length 1 for every unit; zeros for one that never varies."""
    values = vectors - vectors.mean(0, dtype=np.float64)
    lengths = np.linalg.norm(values, axis=0)
    return np.asarray(values / np.where(lengths > 0, lengths, 1.0), np.float32)


def _matching(correlations: Correlations) -> tuple[Positions, Positions]:
    from scipy.optimize import linear_sum_assignment

    if correlations.size <= _EXACT:
        rows, columns = linear_sum_assignment(correlations, maximize=True)
        return rows, columns
    return _mutual(correlations)


def _mutual(correlations: Correlations) -> tuple[Positions, Positions]:
    """The pairs of which each is the other's best."""
    partner = correlations.argmax(1)
    mutual = np.flatnonzero(correlations.argmax(0)[partner] == np.arange(len(partner)))
    return mutual, partner[mutual]


def _chance(first: Correlations, second: Correlations, seed: int) -> float:
    rng = np.random.default_rng(seed)
    best = [(first[rng.permutation(len(first))].T @ second).max(1) for _ in range(_DRAWS)]
    return float(np.quantile(np.concatenate(best), 0.95))


def _top(vectors: Vectors, units: Positions) -> Positions:
    return np.argsort(-vectors[:, units], axis=0, kind="stable")[:_TOP].T
