"""Metric multidimensional scaling: points in the plane whose distances are as near to given ones as can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.manifold import smacof

from featviz.errors import BadInput
from featviz.representation.similarity.measure import Doubles

__all__ = ["Scaling", "metric_mds"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Points for objects whose distances are known.

    Attributes:
        points: (k, 2) in the unit of the distances, around their mean, the longest direction first.
        stress: Kruskal's stress-1, √(Σ (d - δ)² / Σ δ²) of drawn distances d and given ones δ: 0 is exact.
    """

    points: Doubles
    stress: float


def metric_mds(distances: Doubles) -> Scaling:
    """Lay objects out in the plane: classical scaling (Torgerson 1952), improved by SMACOF (de Leeuw 1977).

    Nothing is drawn at random, and the axes are turned the same way every time.

    Args:
        distances: (k, k) symmetric, finite, none below 0, 0 on the diagonal.

    Raises:
        BadInput: they are not.
    """
    given = np.asarray(distances, np.float64)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or not len(given) or not _are_distances(given):
        raise BadInput("Distances are a symmetric matrix (k, k) without negative entries.", code="distances")
    if not given.any():
        return Scaling(np.zeros((len(given), 2)), 0.0)
    start = _classical(given)
    points, _ = smacof(given, n_components=2, init=start, n_init=1, max_iter=1000, eps=1e-12)
    best = min((start, points), key=lambda each: _stress(each, given))
    return Scaling(_turned(best), _stress(best, given))


def _are_distances(given: Doubles) -> bool:
    return bool(
        np.isfinite(given).all()
        and (given >= 0).all()
        and np.allclose(given, given.T)
        and np.allclose(np.diag(given), 0)
    )


def _classical(given: Doubles) -> Doubles:
    """The two main axes of the doubly centered squares."""
    squares = np.square(given)
    means = squares.mean(0)
    values, vectors = np.linalg.eigh(-0.5 * (squares - means[:, None] - means + means.mean()))
    points = np.zeros((len(given), 2))
    kept = min(2, len(given))
    points[:, :kept] = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1][:, :kept]
    return points


def _stress(points: Doubles, given: Doubles) -> float:
    drawn = np.linalg.norm(points[:, None] - points, axis=2)
    return float(np.sqrt(np.square(drawn - given).sum() / np.square(given).sum()))


def _turned(points: Doubles) -> Doubles:
    """Along the main axes, the first object to the left and not below the middle."""
    centered = points - points.mean(0)
    _, _, axes = np.linalg.svd(centered, full_matrices=False)
    turned = np.zeros_like(centered)
    turned[:, : len(axes)] = centered @ axes.T
    return np.asarray(turned * np.where(turned[0] * np.array([1, -1]) > 0, -1, 1))
