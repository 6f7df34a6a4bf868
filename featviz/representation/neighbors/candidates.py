"""A shortlist: what may be among the k best of each query, while scores come in blocks."""

from __future__ import annotations

import numpy as np

from featviz.representation.neighbors.metrics import Doubles, Positions, Singles

__all__ = ["Shortlist"]

_GROUPS = 256


class Shortlist:
    """Positions of all scores that reach the k-th best less a margin, for q queries at once.

    The bar rises while blocks come in: a block is cut into groups, and the k-th largest of the groups' maxima is
    a score that k vectors reach. Most of a block then falls to one comparison.

    Args:
        k: how many are wanted.
        margins: (q,), by how much a score may be wrong.
    """

    def __init__(self, k: int, margins: Doubles) -> None:
        self.k = k
        self._margins = margins
        self._best: Singles = np.empty((len(margins), 0), np.float32)
        self._bars: Doubles = np.full(len(margins), -np.inf)
        self._parts: list[tuple[Positions, Positions, Singles]] = []

    @property
    def held(self) -> int:
        """How many positions are held, of all queries together."""
        return sum(len(queries) for queries, _positions, _scores in self._parts)

    def add(self, scores: Singles, start: int) -> None:
        """Take in the scores (q, r) of the vectors from position `start` on."""
        self._raise_bars(scores)
        # One flat search for the few that pass: two-dimensional ones are several times slower.
        passing = np.flatnonzero(scores >= self._bars[:, None].astype(np.float32))
        queries, columns = np.divmod(passing, scores.shape[1])
        self._parts.append((queries, columns + start, scores.reshape(-1)[passing]))

    def positions(self) -> list[Positions]:
        """For each query those that pass the bar as it is now, in ascending order."""
        if len(self._parts) > 1:
            self._parts = [tuple(map(np.concatenate, zip(*self._parts, strict=True)))]  # type: ignore[list-item]
        queries, positions, scores = self._parts[0]
        passing = scores >= self._bars[queries]
        queries, positions, scores = queries[passing], positions[passing], scores[passing]
        self._parts = [(queries, positions, scores)]
        order = np.lexsort((positions, queries))
        ends = np.cumsum(np.bincount(queries, minlength=len(self._bars)))[:-1]
        return np.split(positions[order], ends)

    def keep_only(self, chosen: Positions) -> None:
        """Replace what is held by these positions (q, k), none of which the bar shall drop."""
        queries = np.repeat(np.arange(len(chosen)), chosen.shape[1])
        self._parts = [(queries, chosen.reshape(-1), np.full(chosen.size, np.inf, np.float32))]

    def _raise_bars(self, scores: Singles) -> None:
        groups = max(_GROUPS, 4 * self.k)
        size = scores.shape[1] // groups
        whole = scores[:, : size * groups].reshape(len(scores), max(size, 1), -1).max(1) if size else scores
        best = np.concatenate((self._best, whole), axis=1)
        if best.shape[1] > self.k:
            best = np.partition(best, -self.k, axis=1)[:, -self.k :]
        self._best = best
        if best.shape[1] == self.k:
            self._bars = best.min(1).astype(np.float64) - self._margins
