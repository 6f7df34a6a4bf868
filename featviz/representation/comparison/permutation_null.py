"""What chance gives: similarities of finished matrices when the images of two networks are paired at random.

Permuting rows and columns of a finished matrix is permuting the images, so nothing is computed anew; one product of
two flat matrices gives all pairs of layers at once. The null of the best match is that of the largest value of a row
(Westfall and Young 1993; calibration as in arXiv:2602.14486).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.progress import yield_now
from featviz.representation.comparison.similarity_matrix import Matrix

__all__ = ["Calibration", "calibrated_against", "null_values"]

_LEVEL = 0.95
_TIE = 1e-6
"""Similarities so near are equal: single precision cannot tell them apart."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Similarities against their null; names and ranges as `SimilarityMatrix`."""

    chance: Matrix
    p_values: Matrix
    calibrated: Matrix
    best: NDArray[np.int64]
    best_p: Matrix


def null_values(a: Matrix, b: Matrix, permutations: int, seed: int) -> Iterator[Matrix]:
    """The inner products of all pairs of matrices (La, n, n) and (Lb, n, n), symmetric, under random permutations.

    Yields:
        (La, Lb) for one permutation after the other, each of all images at once.
    """
    rng = np.random.default_rng(seed)
    few, many, swapped = (a, b, False) if len(a) <= len(b) else (b, a, True)
    count = few.shape[1]
    rows, columns = np.triu_indices(count)
    weights = np.where(rows == columns, 1.0, 2.0)
    fixed = np.stack([each[rows, columns] for each in many]).astype(np.float32)
    fixed *= weights.astype(np.float32)
    moving = few.astype(np.float32).reshape(len(few), -1)
    for _ in range(permutations):
        order = rng.permutation(count)
        moved = np.take(moving, order[rows] * count + order[columns], axis=1)
        values = (moved @ fixed.T).astype(np.float64)
        yield values.T if swapped else values
        yield_now()


def calibrated_against(values: Matrix, null: Matrix, highest: float = 1.0) -> Calibration:
    """P-values, calibrated scores and the best match of similarities (La, Lb) against their null (K, La, Lb).

    Args:
        values: observed; NaN where undefined.
        null: of permutations.
        highest: the largest value of the measure.
    """
    defined = np.isfinite(values)
    searched = np.where(defined, values, -np.inf)
    best = np.where(defined.any(1), searched.argmax(1), -1)
    largest = np.where(defined, null, -np.inf).max(2)
    best_p = np.where(best >= 0, _p_values(searched.max(1), largest), np.nan)
    threshold = np.quantile(null, _LEVEL, axis=0, method="higher")
    above = (values - threshold) / np.maximum(highest - threshold, np.finfo(float).tiny)
    return Calibration(
        chance=null.mean(0),
        p_values=np.where(defined, _p_values(values, null), np.nan),
        calibrated=np.clip(above, 0.0, 1.0),
        best=best.astype(np.int64),
        best_p=best_p,
    )


def _p_values(values: Matrix, null: Matrix) -> Matrix:
    """The true pairing counts among the random ones, so that none is zero (Phipson and Smyth 2010)."""
    return np.asarray((1 + (null >= values - _TIE).sum(0)) / (1 + len(null)))
