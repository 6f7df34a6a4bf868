"""Whether a climb still leads up, and which pictures ever moved."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Progress"]

_Scores: TypeAlias = npt.NDArray[np.float32]

_KEPT = 0.9
_WORTH_WHILE = 0.005
_BLOCKED_STEPS = 24


class Progress:
    """Scores of a batch over time, smoothed, as robustness makes each step's a matter of chance.

    Args:
        first: the scores of the start, (N,).
        patience: steps without improvement after which a climb has settled.
    """

    def __init__(self, first: _Scores, patience: int) -> None:
        self.patience = patience
        self.first = first
        self.best = first
        self.blocked_for = 0
        self._smooth: _Scores | None = None
        self._reached = first
        self._waited = 0

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Which pictures ever scored above the start, (N,)."""
        risen: npt.NDArray[np.bool_] = self.best > self.first
        return risen

    @property
    def settled(self) -> bool:
        """Whether no picture has improved for long."""
        return self._waited >= self.patience

    @property
    def blocked(self) -> bool:
        """Whether no picture has had any gradient for long."""
        return self.blocked_for >= _BLOCKED_STEPS

    def note(self, scores: _Scores, *, blind: bool) -> None:
        """One step's scores, and whether no picture had any gradient."""
        self.best = np.maximum(self.best, scores)
        self.blocked_for = self.blocked_for + 1 if blind else 0
        before = scores if self._smooth is None else self._smooth
        self._smooth = scores + np.float32(_KEPT) * (before - scores)
        gain = self._smooth - self._reached
        better = gain > _WORTH_WHILE * abs(self._reached - self.first)
        self._reached = np.where(better, self._smooth, self._reached)
        self._waited = 0 if bool(better.any()) else self._waited + 1

    def note_end(self, scores: _Scores) -> None:
        """The scores of the last pictures, as they are."""
        self.best = np.maximum(self.best, scores)
