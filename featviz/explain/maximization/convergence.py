"""Convergence of gradient ascent: whether scores still improve, and which images ever improved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["ConvergenceMonitor"]

_SMOOTHING = 0.9
_MIN_IMPROVEMENT = 0.005
_STUCK_STEPS = 24


class ConvergenceMonitor:
    """Exponentially smoothed scores of a batch over steps, as random transforms make each step's score noisy.

    Args:
        first: the scores of the initial images, (N,).
        patience: steps without improvement of any image after which the run has converged.
    """

    def __init__(self, first: Sequence[float], patience: int) -> None:
        self.patience = patience
        # plain numbers: for a few of them numpy's overhead is larger than the loop, in every step
        self.first = list(first)
        self.best = list(first)
        self.steps_without_gradient = 0
        self._smooth: list[float] = []
        self._reached = list(first)
        self._waited = 0

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """For each image, whether it ever scored above its start, (N,)."""
        return np.array([best > first for best, first in zip(self.best, self.first, strict=True)])

    @property
    def converged(self) -> bool:
        """Whether no image has improved for `patience` steps."""
        return self._waited >= self.patience

    @property
    def stuck(self) -> bool:
        """Whether no image has had any gradient for 24 steps."""
        return self.steps_without_gradient >= _STUCK_STEPS

    def update(self, scores: Sequence[float], *, no_gradient: bool) -> None:
        """Add one step's scores (N,), and whether no image had any gradient."""
        self.steps_without_gradient = self.steps_without_gradient + 1 if no_gradient else 0
        self.update_best(scores)
        before = self._smooth or scores
        self._smooth = [new + _SMOOTHING * (old - new) for new, old in zip(scores, before, strict=True)]
        better = [n for n, smooth in enumerate(self._smooth) if self._improves(n, smooth)]
        for n in better:
            self._reached[n] = self._smooth[n]
        self._waited = 0 if better else self._waited + 1

    def update_best(self, scores: Sequence[float]) -> None:
        """Add scores (N,) of untransformed images, which count for the best alone."""
        self.best = [max(best, score) for best, score in zip(self.best, scores, strict=True)]

    def _improves(self, n: int, smooth: float) -> bool:
        return smooth - self._reached[n] > _MIN_IMPROVEMENT * abs(self._reached[n] - self.first[n])
