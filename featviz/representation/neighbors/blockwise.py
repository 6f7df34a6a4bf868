"""Exact search: every vector compared, block by block, and the best compared again in double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featviz.compiled import compiled
from featviz.progress import yield_now
from featviz.representation.neighbors.metrics import Doubles, Floats, Metric, Positions, Singles
from featviz.representation.neighbors.top_k import LOWEST, few_products, group_maxima, insert_nearest

__all__ = ["ExactSearch"]

_QUERIES = 1024
_SCORES = 1 << 21
_PRODUCTS = 1 << 32
_FEWEST_GROUPS = 64
_FEW = 40
_LARGEST = 1e30
_NONE = -(1 << 62)


class ExactSearch:
    """Compares queries with every vector.

    A matrix product in single precision scores a block. Whatever comes within its rounding error (Higham 2002,
    section 3.1, gamma_n |x| |y|) of the k-th best is compared in double precision at once, so the order is that of
    double precision; ties are ordered by position. Beside the vectors it needs five numbers each, and at most some
    10 MB while it works.

    Args:
        vectors: (n, d).
        lengths: (n,) of them; where not 0, of a size that squares neither vanish nor overflow.
        metric: what counts as near.
    """

    def __init__(self, vectors: Floats, lengths: Doubles, metric: Metric) -> None:
        self.vectors, self.metric = _read_only(vectors), metric
        self._scale, shift = metric.scale(lengths), metric.shift(lengths)
        reach = lengths * self._scale
        steps = (vectors.shape[1] + 10) * 2.0**-24
        self._error = steps / (1 - steps)
        error = self._error * (shift + (reach if metric.unit else reach**2 / 2))
        error += (vectors.shape[1] + 10) * 2.0**-126 * self._scale
        # Beyond what single precision holds every score is 0, and every vector is compared.
        self._reach = max(1.0, float(reach.max()))
        self._within = float(max(reach.max(), shift.max(), self._scale.max())) < _LARGEST
        factors = self._within * np.array([self._scale, shift + error, shift - error])
        self._factors, self._below, self._above = factors.astype(np.float32)

    def arrays(self, queries: Floats, k: int, first: int | None = None) -> tuple[Positions, Doubles]:
        """Positions and similarities (m, k), best first, ties by position.

        Args:
            queries: (m, d).
            k: at most the number of vectors.
            first: where queries are vectors from this position on, which are not their own neighbors; k is then
                below the number of vectors.
        """
        positions = np.empty((len(queries), k), np.int64)
        similarities = np.empty((len(queries), k))
        for start in range(0, len(queries), _QUERIES):
            at = slice(start, start + _QUERIES)
            block = queries[at].astype(np.float64)
            positions[at], similarities[at] = self._search(
                block, k, _NONE if first is None else first + start
            )
        return positions, similarities

    def rank(self, queries: Floats, candidates: Positions) -> tuple[Positions, Doubles]:
        """Candidates (m, c), in ascending order, as `arrays` would order them."""
        positions, similarities = np.empty_like(candidates), np.empty(candidates.shape)
        for row, listed in enumerate(candidates):
            lengths = _lengths(self.vectors[listed].astype(np.float64))
            few = ExactSearch(self.vectors[listed], lengths, self.metric)
            order, similarities[row] = few.arrays(queries[row : row + 1], len(listed))
            positions[row] = listed[order]
        return positions, similarities

    def normalized(self, queries: Doubles) -> Doubles:
        """The queries as they enter the product: at length 1 where only their directions count."""
        if not self.metric.unit:
            return queries
        lengths = _lengths(queries)[:, None]
        return queries / np.where(lengths > 0, lengths, 1.0)

    def _search(self, queries: Doubles, k: int, first: int) -> tuple[Positions, Doubles]:
        entering = self.normalized(queries)
        exact = entering if self.metric.directions else queries
        rates, offsets, error = self._conversion(exact)
        best, positions = np.full((len(queries), k), LOWEST), np.full((len(queries), k), -1)
        singles = np.where(error[:, None] < -LOWEST, entering, 0.0).astype(np.float32)
        rows = min(len(self.vectors), self._rows(len(queries)))
        memory = np.empty(len(queries) * rows, np.float32)
        for start in range(0, len(self.vectors), rows):
            block = slice(start, start + rows)
            points = self.vectors[block]
            scores = memory[: len(queries) * len(points)].reshape(len(points), len(queries))
            _multiply(points.astype(np.float32, copy=False), singles, scores)
            bounds = self._bounds(scores, block, k + (first >= 0)) - 2 * error
            compiled(insert_nearest)(
                points,
                self._scale[block],
                exact,
                scores,
                self._factors[block],
                self._above[block],
                bounds,
                rates,
                offsets,
                not self.metric.unit,
                1.0 if self.metric.directions else -LOWEST,
                start,
                first,
                best,
                positions,
            )
            yield_now()
        return positions, best if self.metric.unit else -np.sqrt(-best)

    def _conversion(self, exact: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        """How values become scores, score = rate * value + offset, and the error (q,) of all scores of a query."""
        lengths = _lengths(exact)
        unit = self.metric.unit
        within = self._within & (unit | (lengths * self._reach < _LARGEST))
        error = np.where(within, 0.0 if unit else self._error * lengths**2 / 2, -LOWEST)
        rates = 1 / np.where(lengths > 0, lengths, 1.0) if unit else np.full(len(exact), 0.5)
        return rates, (0.0 if unit else lengths**2 / 2) - error, error

    def _bounds(self, scores: Singles, block: slice, k: int) -> Doubles:
        """(q,) scores that k of the block's vectors surely reach."""
        count, queries = scores.shape
        if count < k:
            return np.full(queries, LOWEST)
        maxima = np.empty((min(count, max(_FEWEST_GROUPS, 4 * k)), queries), np.float32)
        compiled(group_maxima)(scores, self._factors[block], self._below[block], maxima)
        maxima.partition(len(maxima) - k, axis=0)
        bounds: Doubles = maxima[-k].astype(np.float64)
        return bounds

    def _rows(self, queries: int) -> int:
        """How many vectors make a block: the scores fit into 8 MB, and a step takes well below 150 ms."""
        rows = min(_SCORES // queries, _PRODUCTS // (max(queries, 64) * self.vectors.shape[1]))
        return int(max(1, rows))


def _multiply(points: Singles, queries: Singles, scores: Singles) -> None:
    """Set scores (r, q) to the products of the vectors (r, d) and the queries (q, d)."""
    if len(queries) <= _FEW:
        compiled(few_products)(_read_only(points), queries, scores)
    else:
        np.matmul(points, queries.T, out=scores)  # in this order it is quicker than the other way round


def _read_only(vectors: Floats) -> Floats:
    """The same; one type for the compiled loops, whether or not the caller may write."""
    same: NDArray[np.floating] = np.ascontiguousarray(vectors).view()
    same.setflags(write=False)
    return same


def _lengths(rows: Doubles) -> Doubles:
    lengths: Doubles = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    return lengths
