"""Nearest neighbors of many points at a time: exact, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings, Vectors
from featviz.representation.neighbors.blockwise import ExactSearch
from featviz.representation.neighbors.exact import Metric, prepared
from featviz.representation.neighbors.metrics import METRICS, Doubles, Floats, Positions

__all__ = ["Neighbors", "nearest", "nearest_neighbors", "nearest_to"]

_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Nearest neighbors of points, nearest first; of equally near ones, the first.

    Attributes:
        positions: (m, k).
        distances: (m, k) Euclidean, taken from the differences in double precision.
        done: how many points are searched; the rows of the others mean nothing.
    """

    positions: NDArray[np.int64]
    distances: Doubles
    done: int


def nearest_neighbors(queries: Vectors, k: int, among: Vectors | None = None) -> Iterator[Neighbors]:
    """The k nearest of `among` to every query, or of the queries themselves, without each itself.

    Args:
        queries: (m, d), finite; of a scale at which squares neither vanish nor overflow.
        k: below the number of points looked at.
        among: (n, d), the same.

    Yields:
        the result so far; the last one is complete.
    """
    search = _search(queries if among is None else among, "euclidean")
    positions = np.empty((len(queries), k), np.int64)
    distances = np.empty((len(queries), k))
    for begin in range(0, len(queries), _BLOCK):
        at = slice(begin, begin + _BLOCK)
        first = begin if among is None else None
        positions[at], similarities = search.arrays(queries[at], k, first)
        distances[at] = -similarities
        yield Neighbors(positions, distances, begin + len(similarities))


def nearest(
    vectors: Embeddings | ArrayLike, k: int = 10, *, metric: Metric = "euclidean"
) -> NDArray[np.int32]:
    """The k true neighbors of every point, nearest first; of equally near ones, the first.

    Args:
        vectors: (n, d).
        k: below n.
        metric: "euclidean" or "cosine".

    Returns:
        (n, k) positions; a point is no neighbor of itself.

    Raises:
        BadInput: fewer than k + 1 points, no such metric, or vectors that are no finite array (n, d).
    """
    points = prepared(vectors, metric)
    count = len(points)
    if not 1 <= k < count:
        raise BadInput(
            f"{k} neighbors were asked for, of {count} points: between 1 and {max(0, count - 1)} are possible.",
            code="too_few",
        )
    points /= float(np.abs(points).max()) or 1.0
    return _search(points, metric).arrays(points, k, 0)[0].astype(np.int32)


def nearest_to(
    vectors: Vectors, row: int, k: int, *, metric: Metric = "euclidean"
) -> tuple[Positions, Doubles]:
    """The k true neighbors of one point, (k,), nearest first, ties by position, and how similar they are.

    Args:
        vectors: (n, d), finite.
        row: the point.
        k: below n; 0 gives none.
        metric: "euclidean", whose similarity is minus the distance, or "cosine".
    """
    if not k:
        return np.empty(0, np.int64), np.empty(0)
    positions, similarities = _search(vectors, metric).arrays(vectors[row : row + 1], k, row)
    return positions[0], similarities[0]


def _search(points: Floats, metric: Metric) -> ExactSearch:
    lengths = np.sqrt(np.einsum("nd,nd->n", points, points, dtype=np.float64))
    return ExactSearch(points, lengths, METRICS[metric])
