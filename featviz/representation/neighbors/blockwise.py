"""Exact search: every vector compared, block by block, and the best compared again in double precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featviz.representation.neighbors.candidates import Shortlist
from featviz.representation.neighbors.metrics import Doubles, Metric, Positions, Singles

__all__ = ["ExactSearch", "best_of"]

_QUERIES = 64
_SCORES = 1 << 21
_MOST_HELD = 1 << 20
_ROUNDING = 2.0**-24


class ExactSearch:
    """Compares a query with every vector.

    A matrix product in single precision ranks a block; whatever comes within its rounding error of the k-th best
    is compared in double precision, so the order is that of double precision. Beside the vectors it needs one or
    two numbers each, and at most some 30 MB while it works.
    """

    def __init__(self, vectors: Singles, lengths: Doubles, metric: Metric) -> None:
        self.vectors, self.metric = vectors, metric
        scale, shift = metric.scale(lengths), metric.shift(lengths)
        self._scale = None if (scale == 1).all() else scale.astype(np.float32)
        self._shift = None if not shift.any() else shift.astype(np.float32)
        self._reach = float((lengths * scale).max()), float(shift.max())

    def arrays(self, queries: Doubles, k: int) -> tuple[Positions, Doubles]:
        """Positions and similarities (m, k), best first, ties by position; k is at most the number of vectors."""
        parts = [
            self._search(queries[start : start + _QUERIES], k) for start in range(0, len(queries), _QUERIES)
        ]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _search(self, queries: Doubles, k: int) -> tuple[Positions, Doubles]:
        asked = self.asked(queries)
        shortlist = Shortlist(k, self._margins(asked))
        rows = _SCORES // len(queries)
        for start in range(0, len(self.vectors), rows):
            shortlist.add(self._scores(asked, start, start + rows), start)
            if shortlist.held > _MOST_HELD:
                shortlist.keep_only(self._best(queries, shortlist, k)[0])
        return self._best(queries, shortlist, k)

    def _best(self, queries: Doubles, shortlist: Shortlist, k: int) -> tuple[Positions, Doubles]:
        return best_of(self.vectors, self.metric, queries, shortlist.positions(), k)

    def asked(self, queries: Doubles) -> Singles:
        """The queries as they enter the product."""
        if not self.metric.unit:
            return queries.astype(np.float32)
        lengths = np.sqrt((queries * queries).sum(axis=1, keepdims=True))
        return (queries / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)

    def _scores(self, asked: Singles, start: int, stop: int) -> Singles:
        """(q, r) for the vectors from `start` to `stop`."""
        scores: NDArray[np.float32] = asked @ self.vectors[start:stop].T
        if self._scale is not None:
            scores *= self._scale[start:stop]
        if self._shift is not None:
            scores -= self._shift[start:stop]
        return scores

    def _margins(self, asked: Singles) -> Doubles:
        """Twice the bound on the rounding error of a score: Higham 2002, section 3.1, gamma_n |x| |y|."""
        lengths = np.sqrt((asked.astype(np.float64) ** 2).sum(axis=1))
        longest, shift = self._reach
        steps = self.vectors.shape[1] + 4
        margins: Doubles = 2 * steps * _ROUNDING * (lengths * longest + shift)
        return margins


def best_of(
    vectors: Singles, metric: Metric, queries: Doubles, candidates: Sequence[Positions], k: int
) -> tuple[Positions, Doubles]:
    """The k best of the candidates of each query, compared in double precision; ties by position.

    Args:
        vectors: (n, d).
        metric: what counts as near.
        queries: (q, d).
        candidates: for each query at least k positions, in ascending order.
        k: how many are wanted.
    """
    positions = np.empty((len(queries), k), np.int64)
    similarities = np.empty((len(queries), k))
    for row, (query, listed) in enumerate(zip(queries, candidates, strict=True)):
        found = metric.similarities(vectors, listed, query)
        order = np.argsort(-found, kind="stable")[:k]
        positions[row], similarities[row] = listed[order], found[order]
    return positions, similarities
