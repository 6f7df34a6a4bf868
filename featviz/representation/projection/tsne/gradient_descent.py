"""The gradient descent of t-SNE, one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from featviz.representation.projection.protocol import Doubles, Points
from featviz.representation.projection.tsne.attractive_forces import attraction
from featviz.representation.projection.tsne.repulsive_forces import Tree

__all__ = ["Descent"]

_MOMENTUM = 0.8
_LEAST_GAIN = 0.01
_LONGEST_STEP = 5.0
_SORT_EVERY = 10


class Descent:
    """Momentum and gains, as in van der Maaten & Hinton 2008 (JMLR 9) and with steps of bounded length.

    Args:
        points: (m, dimensions), which are moved in place.
        affinities: CSR (m, m) float32, or (m, n) to the points of a finished map.
        still: (n, dimensions), that map; None where the points are attracted by each other.
        steepest: bounds the gradient of each point.
    """

    def __init__(
        self, points: Doubles, affinities: Any, still: Doubles | None = None, steepest: float = np.inf
    ) -> None:
        self.points, self.steepest, self.affinities = points, steepest, affinities
        self._velocity, self._gains = np.zeros_like(points), np.ones_like(points)
        self._still = None if still is None else _spatial(still)
        self._tree = Tree(_spatial(points) if self._still is None else self._still, points.shape[1])
        self._steps = 0

    def step(self, rate: float, exaggeration: float) -> None:
        """Move the points once.

        Args:
            rate: of learning.
            exaggeration: by which attraction is multiplied.
        """
        gradient = self.gradient(exaggeration)
        _shorten(gradient, self.steepest)
        turned = np.sign(self._velocity) != np.sign(gradient)
        self._gains = np.where(turned, self._gains + 0.2, self._gains * 0.8 + _LEAST_GAIN)
        self._velocity *= _MOMENTUM
        self._velocity -= rate * self._gains * gradient
        _shorten(self._velocity, _LONGEST_STEP)
        self.points += self._velocity
        if self._still is None:
            self.points -= self.points.mean(0)
        self._steps += 1

    def gradient(self, exaggeration: float = 1.0) -> Doubles:
        """(m, dimensions) a quarter of the divergence's slope: attraction, less the push of all points.

        On a finished map every point is a distribution of its own.
        """
        points = _spatial(self.points)
        if self._still is None:
            self._follow(points)
            pushes, sums = self._tree.push()
            pushes /= sums.sum(dtype=np.float64) - len(points)
            others = points
        else:
            pushes, sums = self._tree.push(points)
            pushes /= sums[:, None]
            others = self._still
        pulls = attraction(points, others, self.affinities)
        return (exaggeration * pulls - pushes)[:, : self.points.shape[1]].astype(np.float64)

    def _follow(self, points: Points) -> None:
        if self._steps % _SORT_EVERY == 0:
            self._tree.sort(points)
        self._tree.fit(points)


def _spatial(points: Doubles) -> Points:
    """(n, 2 or 3) to (n, 3)."""
    filled = np.zeros((len(points), 3), np.float32)
    filled[:, : points.shape[1]] = points
    return filled


def _shorten(arrows: Doubles, longest: float) -> None:
    """Bound every row's length."""
    if np.isfinite(longest):
        lengths = np.sqrt(np.einsum("md,md->m", arrows, arrows))
        long = lengths > longest
        arrows[long] *= (longest / lengths[long])[:, None]
