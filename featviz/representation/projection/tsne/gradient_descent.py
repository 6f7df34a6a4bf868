"""The gradient descent of t-SNE, one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from featviz.representation.projection.protocol import Doubles, Points
from featviz.representation.projection.tsne.attractive_forces import attractive_forces
from featviz.representation.projection.tsne.repulsive_forces import BoxTree

__all__ = ["GradientDescent"]

_MOMENTUM = 0.8
_MIN_GAIN = 0.01
_MAX_STEP = 5.0
_SORT_EVERY = 10


class GradientDescent:
    """Momentum and gains, as in van der Maaten & Hinton 2008 (JMLR 9) and with steps of bounded length.

    Args:
        points: (m, dimensions), which are moved in place.
        affinities: CSR (m, m) float32, or (m, n) to the points of a finished map.
        fixed_points: (n, dimensions), that map; None where the points are attracted by each other.
        max_gradient_norm: bounds the gradient of each point.
    """

    def __init__(
        self,
        points: Doubles,
        affinities: Any,
        fixed_points: Doubles | None = None,
        max_gradient_norm: float = np.inf,
    ) -> None:
        self.points, self.max_gradient_norm, self.affinities = points, max_gradient_norm, affinities
        self._velocity, self._gains = np.zeros_like(points), np.ones_like(points)
        self._fixed_points = None if fixed_points is None else _spatial(fixed_points)
        self._tree = BoxTree(
            _spatial(points) if self._fixed_points is None else self._fixed_points, points.shape[1]
        )
        self._steps = 0

    def step(self, rate: float, exaggeration: float) -> None:
        """Move the points once.

        Args:
            rate: of learning.
            exaggeration: by which attraction is multiplied.
        """
        gradient = self.gradient(exaggeration)
        _clip_norm(gradient, self.max_gradient_norm)
        sign_changed = np.sign(self._velocity) != np.sign(gradient)
        self._gains = np.where(sign_changed, self._gains + 0.2, self._gains * 0.8 + _MIN_GAIN)
        self._velocity *= _MOMENTUM
        self._velocity -= rate * self._gains * gradient
        _clip_norm(self._velocity, _MAX_STEP)
        self.points += self._velocity
        if self._fixed_points is None:
            self.points -= self.points.mean(0)
        self._steps += 1

    def gradient(self, exaggeration: float = 1.0) -> Doubles:
        """(m, dimensions) a quarter of the divergence's gradient: exaggeration · attraction - repulsion.

        On a finished map every point is a distribution of its own, normalized over the map's points alone.
        """
        points = _spatial(self.points)
        if self._fixed_points is None:
            self._update_tree(points)
            repulsion, sums = self._tree.repulsion()
            repulsion /= sums.sum(dtype=np.float64) - len(points)
            others = points
        else:
            repulsion, sums = self._tree.repulsion(points)
            repulsion /= sums[:, None]
            others = self._fixed_points
        attraction = attractive_forces(points, others, self.affinities)
        return (exaggeration * attraction - repulsion)[:, : self.points.shape[1]].astype(np.float64)

    def _update_tree(self, points: Points) -> None:
        if self._steps % _SORT_EVERY == 0:
            self._tree.sort(points)
        self._tree.fit(points)


def _spatial(points: Doubles) -> Points:
    """(n, 2 or 3) to (n, 3)."""
    padded = np.zeros((len(points), 3), np.float32)
    padded[:, : points.shape[1]] = points
    return padded


def _clip_norm(rows: Doubles, max_norm: float) -> None:
    """Bound every row's length."""
    if np.isfinite(max_norm):
        lengths = np.sqrt(np.einsum("md,md->m", rows, rows))
        exceeding = lengths > max_norm
        rows[exceeding] *= (max_norm / lengths[exceeding])[:, None]
