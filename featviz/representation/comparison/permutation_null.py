"""What chance gives: similarities of finished matrices when the images of two networks are paired at random.

Permuting rows and columns of a finished matrix is permuting the images, so nothing is computed anew; where similarities
are inner products, one product of two flat matrices gives all pairs of layers at once. The null of the best match is
that of the best of a row (Westfall & Young 1993); calibration as in Gröger et al. 2026, arXiv:2602.14486.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.progress import yield_now
from featviz.representation.comparison.layer_matrices import LayerMatrices, score_pairs
from featviz.representation.comparison.similarity_matrix import Matrix
from featviz.representation.similarity import Measure

__all__ = ["Calibration", "Order", "calibrated_against", "null_values", "p_value_of", "random_orders"]

_LEVEL = 0.05
_TIE = 1e-6
"""Similarities so near are equal: single precision cannot tell them apart."""

Order = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Similarities against their null; names and ranges as `SimilarityMatrix`."""

    chance: Matrix
    p_values: Matrix
    calibrated: Matrix
    best: NDArray[np.int64]
    best_p: Matrix


def random_orders(count: int, permutations: int, seed: int) -> Iterator[Order]:
    """Random orders of so many images, one after the other."""
    rng = np.random.default_rng(seed)
    return (rng.permutation(count) for _ in range(permutations))


def null_values(
    measure: Measure, a: LayerMatrices, b: LayerMatrices, orders: Iterable[Order]
) -> Iterator[Matrix]:
    """The similarities (La, Lb) with the images of B in each of these orders, the same for all of its layers."""
    if a.stack is None or b.stack is None:
        return _by_pairs(measure, a, b, orders)
    return _by_products(a.stack, b.stack, orders)


def calibrated_against(values: Matrix, null: Matrix, measure: Measure) -> Calibration:
    """P-values, calibrated scores and the best match of similarities (La, Lb) against their null (K, La, Lb).

    Args:
        values: observed; NaN where undefined.
        null: of permutations.
        measure: says which values are similar.
    """
    sign = -1.0 if measure.distance else 1.0
    same = measure.bounds[0 if measure.distance else 1]
    known = np.isfinite(values)
    observed = np.where(known, sign * values, -np.inf)
    drawn = np.where(known & np.isfinite(null), sign * null, -np.inf)
    best = np.where(known.any(1), observed.argmax(1), -1)
    threshold = _threshold(observed, drawn)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = (observed - threshold) / (sign * same - threshold)
        chance = null.mean(0)
    return Calibration(
        chance=chance,
        p_values=np.where(known, _p_values(observed, drawn), np.nan),
        calibrated=np.where(known, np.clip(np.nan_to_num(above), 0.0, 1.0), np.nan),
        best=best.astype(np.int64),
        best_p=np.where(best >= 0, _p_values(observed.max(1), drawn.max(2)), np.nan),
    )


def p_value_of(value: float, null: Matrix, measure: Measure) -> float:
    """The p-value of one similarity against its null (K,)."""
    sign = -1.0 if measure.distance else 1.0
    return float(_p_values(np.array(sign * value), sign * null))


def _threshold(observed: Matrix, drawn: Matrix) -> Matrix:
    """What at most 5% of all pairings exceed, the true one among them."""
    pairings = np.sort(np.concatenate([observed[None], drawn]), axis=0)
    return np.asarray(pairings[math.ceil((1 - _LEVEL) * len(pairings)) - 1])


def _p_values(observed: Matrix, drawn: Matrix) -> Matrix:
    """The true pairing counts among the random ones, so that none is zero (Phipson & Smyth 2010)."""
    return np.asarray((1 + (drawn >= observed - _TIE).sum(0)) / (1 + len(drawn)))


def _by_products(a: Matrix, b: Matrix, orders: Iterable[Order]) -> Iterator[Matrix]:
    """Fewer matrices are moved than stay where they are, and of symmetric ones half is enough."""
    turned = len(b) > len(a)
    moving, fixed = (a, b) if turned else (b, a)
    count = fixed.shape[1]
    rows, columns, weights = _entries(count, symmetric=_is_symmetric(a) and _is_symmetric(b))
    still = np.stack([(each[rows, columns] * weights).astype(np.float32) for each in fixed])
    flat = moving.astype(np.float32).reshape(len(moving), -1)
    for order in orders:
        places = np.argsort(order) if turned else order
        moved = np.take(flat, places[rows] * count + places[columns], axis=1)
        values = np.asarray(moved @ still.T, np.float64)
        yield values if turned else values.T
        yield_now()


def _is_symmetric(stack: Matrix) -> bool:
    return all(np.allclose(each, each.T, rtol=0, atol=1e-12) for each in stack)


def _entries(count: int, *, symmetric: bool) -> tuple[Order, Order, Matrix]:
    """Rows and columns of the entries that stand for all of (n, n), and how often each counts."""
    if not symmetric:
        rows, columns = (each.ravel() for each in np.indices((count, count)))
        return rows, columns, np.ones(len(rows))
    rows, columns = np.triu_indices(count)
    return rows, columns, np.where(rows == columns, 1.0, 2.0)


def _by_pairs(
    measure: Measure, a: LayerMatrices, b: LayerMatrices, orders: Iterable[Order]
) -> Iterator[Matrix]:
    for order in orders:
        moved = [None if each is None else measure.reorder(each, order) for each in b.matrices]
        yield score_pairs(measure, a.matrices, moved)
