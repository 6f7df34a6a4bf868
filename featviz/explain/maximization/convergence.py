"""Whether a climb still leads up, and which pictures ever moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["Progress"]

_KEPT = 0.9
_WORTH_WHILE = 0.005
_BLOCKED_STEPS = 24


class Progress:
    """Scores of a batch over time, smoothed, as robustness makes each step's a matter of chance.

    Args:
        first: the scores of the start, of each picture.
        patience: steps without improvement after which a climb has settled.
    """

    def __init__(self, first: Sequence[float], patience: int) -> None:
        self.patience = patience
        # plain numbers: a few of them take less than numpy's way to its loops, in every step
        self.first = list(first)
        self.best = list(first)
        self.blocked_for = 0
        self._smooth: list[float] = []
        self._reached = list(first)
        self._waited = 0

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Which pictures ever scored above the start, (N,)."""
        return np.array([best > first for best, first in zip(self.best, self.first, strict=True)])

    @property
    def settled(self) -> bool:
        """Whether no picture has improved for long."""
        return self._waited >= self.patience

    @property
    def blocked(self) -> bool:
        """Whether no picture has had any gradient for long."""
        return self.blocked_for >= _BLOCKED_STEPS

    def note(self, scores: Sequence[float], *, blind: bool) -> None:
        """One step's scores, and whether no picture had any gradient."""
        self.blocked_for = self.blocked_for + 1 if blind else 0
        self.note_end(scores)
        before = self._smooth or scores
        self._smooth = [new + _KEPT * (old - new) for new, old in zip(scores, before, strict=True)]
        better = [n for n, smooth in enumerate(self._smooth) if self._improves(n, smooth)]
        for n in better:
            self._reached[n] = self._smooth[n]
        self._waited = 0 if better else self._waited + 1

    def note_end(self, scores: Sequence[float]) -> None:
        """The scores of pictures as they are."""
        self.best = [max(best, score) for best, score in zip(self.best, scores, strict=True)]

    def _improves(self, n: int, smooth: float) -> bool:
        return smooth - self._reached[n] > _WORTH_WHILE * abs(self._reached[n] - self.first[n])
