"""The gradient descent of t-SNE, one step at a time, over openTSNE's gradients."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from featviz.representation.projection.stage import Doubles

__all__ = ["THREADS", "Descent"]

THREADS = os.cpu_count() or 1
"""Of openTSNE; its results do not depend on them."""

_MOMENTUM = 0.8
_LEAST_GAIN = 0.01
_LONGEST_STEP = 5.0
_TREE = {"theta": 0.5}
_GRID = {"n_interpolation_points": 3, "min_num_intervals": 20, "ints_in_interval": 1}


class Descent:
    """Momentum and gains, as in van der Maaten & Hinton 2008 (JMLR 9) and with steps of bounded length.

    Args:
        points: (m, dimensions), which are moved in place.
        affinities: sparse (m, m), or (m, n) to the points of a finished map.
        still: (n, dimensions), that map; None where the points are attracted by each other.
        steepest: bounds the gradient of each point.
    """

    def __init__(
        self, points: Doubles, affinities: Any, still: Doubles | None = None, steepest: float = np.inf
    ) -> None:
        self.points, self.still, self.steepest = points, still, steepest
        self.affinities = affinities
        self._velocity, self._gains = np.zeros_like(points), np.ones_like(points)

    def step(self, rate: float, exaggeration: float) -> None:
        """Move the points once.

        Args:
            rate: of learning.
            exaggeration: by which attraction is multiplied.
        """
        gradient = self._gradient(exaggeration)
        turned = np.sign(self._velocity) != np.sign(gradient)
        self._gains = np.where(turned, self._gains + 0.2, self._gains * 0.8 + _LEAST_GAIN)
        self._velocity *= _MOMENTUM
        self._velocity -= rate * self._gains * gradient
        _shorten(self._velocity, _LONGEST_STEP)
        self.points += self._velocity
        if self.still is None:
            self.points -= self.points.mean(0)

    def _gradient(self, exaggeration: float) -> Doubles:
        from openTSNE.tsne import kl_divergence_bh, kl_divergence_fft

        follow = kl_divergence_fft if self._gridded else kl_divergence_bh
        drawn = self.affinities if exaggeration == 1 else self._exaggerated(exaggeration)
        _, gradient = follow(
            self.points,
            drawn,
            dof=1,
            bh_params=_TREE,
            fft_params=_GRID,
            reference_embedding=self.still,
            n_jobs=THREADS,
        )
        _shorten(gradient, self.steepest)
        return np.asarray(gradient)

    @property
    def _gridded(self) -> bool:
        """Whether interpolation on a grid is faster than a tree: its cells grow with the map's area."""
        m, dimensions = self.points.shape
        span = max(float(np.ptp(self.points, axis=0).max()), _GRID["min_num_intervals"])
        return self.still is None and dimensions == 2 and span**2 < m

    def _exaggerated(self, exaggeration: float) -> Any:
        if getattr(self, "_by", None) != exaggeration:
            self._by, self._drawn = exaggeration, self.affinities * exaggeration
        return self._drawn


def _shorten(arrows: Doubles, longest: float) -> None:
    """Bound every row's length."""
    if np.isfinite(longest):
        lengths = np.sqrt(np.einsum("md,md->m", arrows, arrows))
        long = lengths > longest
        arrows[long] *= (longest / lengths[long])[:, None]
