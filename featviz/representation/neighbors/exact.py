"""Distances between all points, for ranks: in double precision, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.errors import BadInput
from featviz.progress import yield_now
from featviz.representation.embeddings import Embeddings

__all__ = ["Distances", "Doubles", "Metric", "array_of", "closest", "prepared"]

Metric = Literal["euclidean", "cosine"]
Doubles = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.integer[Any]]

_BLOCK_BYTES = 4 << 20
_ROUNDING = 1e-13
_STEP = 1e-15
_NEAR = 1e-6
_CENTER_ROWS = 512


class Distances:
    """Distances between the points of one set, in double precision, never all of them at once.

    Small ones between long vectors are taken from the differences, so that each has digits of its own, however far
    other points lie.

    Args:
        vectors: (n, d).
        metric: "euclidean" (squared here, for only the order counts) or "cosine" (1 - cosine; a vector of
            zeros is at distance 1 from all).

    Raises:
        BadInput: no such metric, or vectors that are no finite array (n, d).
    """

    def __init__(self, vectors: Embeddings | ArrayLike, metric: Metric = "euclidean") -> None:
        self.metric = metric
        self._values = prepared(vectors, metric)
        self._squares: Doubles = np.einsum("nd,nd->n", self._values, self._values)

    def __len__(self) -> int:
        """Count the points."""
        return len(self._values)

    @property
    def all_equal(self) -> bool:
        """Whether no two points are apart."""
        if not self._values.any():
            return True
        return float(self.rows(np.zeros(1, int)).max()) <= _ROUNDING * float(self._squares.max())

    def rows(self, positions: NDArray[np.integer[Any]]) -> Doubles:
        """(b, n): the distances of the points at `positions` to all points."""
        products: Doubles = self._values[positions] @ self._values.T
        if self.metric == "cosine":
            products = 1 - products
        else:
            products *= -2
            products += self._squares
            products += self._squares[positions, None]
        self._refine(products, positions)
        return products

    def rounding(
        self, rows: Doubles, positions: NDArray[np.integer[Any]], columns: NDArray[np.integer[Any]]
    ) -> Doubles:
        """(b, k) how far from the true distances some columns of `rows(positions)` may be."""
        distances = np.take_along_axis(rows, columns, 1)
        lengths = self._lengths(positions, columns)
        by_differences = _STEP * np.sqrt(lengths * distances) + _ROUNDING * distances
        return np.where(distances < _NEAR * lengths, by_differences, _ROUNDING * lengths)

    def _lengths(self, positions: Indices, columns: Indices | slice) -> Doubles:
        """The squared lengths of both points of each pair, summed."""
        squares = np.ones(len(self)) if self.metric == "cosine" else self._squares
        lengths: Doubles = squares[columns] + squares[positions, None]
        return lengths

    def _refine(self, rows: Doubles, positions: NDArray[np.integer[Any]]) -> None:
        near = rows < _NEAR * self._lengths(positions, slice(None))
        for row in np.flatnonzero(near.any(1)):
            columns = np.flatnonzero(near[row])
            differences = self._values[columns] - self._values[positions[row]]
            squares = np.einsum("nd,nd->n", differences, differences)
            rows[row, columns] = squares / 2 if self.metric == "cosine" else squares

    def others(self, positions: NDArray[np.integer[Any]]) -> Doubles:
        """The same, and infinity to the point itself."""
        distances = self.rows(positions)
        distances[np.arange(len(positions)), positions] = np.inf
        return distances

    def blocks(self, positions: NDArray[np.integer[Any]]) -> Iterator[NDArray[np.integer[Any]]]:
        """`positions` in parts whose rows fit into a few megabytes."""
        size = max(1, _BLOCK_BYTES // (8 * max(1, len(self))))
        for begin in range(0, len(positions), size):
            yield positions[begin : begin + size]
            yield_now()


def closest(rows: Doubles, k: int) -> NDArray[np.intp]:
    """(b, k) the columns of the k smallest values of every row (b, n), smallest first."""
    chosen = np.sort(np.argpartition(rows, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(np.take_along_axis(rows, chosen, 1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, 1)


def array_of(vectors: Embeddings | ArrayLike) -> Doubles:
    """(n, d) in double precision.

    Raises:
        BadInput: something else than a finite array (n, d).
    """
    points = vectors.vectors if isinstance(vectors, Embeddings) else vectors
    try:
        values = np.asarray(points, np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput("Points are an array of numbers (n, d): something else came.", code="shape") from error
    if values.ndim != 2:
        raise BadInput(f"Points are an array (n, d): one of shape {values.shape} came.", code="shape")
    if not np.isfinite(values).all():
        raise BadInput("Some points hold values that are not finite: leave them out.", code="nan")
    return values


def prepared(vectors: Embeddings | ArrayLike, metric: Metric) -> Doubles:
    """(n, d) as they are compared: around their mean, or for the cosine at length 1.

    Raises:
        BadInput: no such metric, or vectors that are no finite array (n, d).
    """
    if metric not in get_args(Metric):
        raise BadInput(
            f"No metric is called {metric!r}; choose one of {', '.join(get_args(Metric))}.", code="metric"
        )
    values = array_of(vectors)
    return _directions(values) if metric == "cosine" else _centered(values)


def _centered(values: Doubles) -> Doubles:
    """Around the origin, where squared distances lose no digits to cancelling; one far point does not move them."""
    some = values[:: max(1, len(values) // _CENTER_ROWS)]
    return values - np.median(some, axis=0) if len(values) else values


def _directions(values: Doubles) -> Doubles:
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    directions: Doubles = values / np.where(lengths > 0, lengths, 1.0)
    return directions
