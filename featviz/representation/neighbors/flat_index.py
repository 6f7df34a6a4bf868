"""Nearest neighbours for the maps that are made of them: exact, in single precision, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Vectors

__all__ = ["Neighbours", "neighbours"]

_BLOCK = 4096
_GATHERED = 1 << 24


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Nearest neighbours of points, nearest first.

    Attributes:
        positions: (m, k).
        distances: (m, k).
        done: of how many points they are found; the rows of the others mean nothing.
    """

    positions: NDArray[np.int64]
    distances: NDArray[np.float64]
    done: int


def neighbours(queries: Vectors, k: int, among: Vectors | None = None) -> Iterator[Neighbours]:
    """The k nearest of `among` to every query, or of the queries themselves, without each itself.

    Distances are taken once more from the differences: those of near points would drown in rounding else.

    Args:
        queries: (m, d).
        k: below the number of points looked at.
        among: (n, d).

    Yields:
        what is found so far; the last one is complete.
    """
    import faiss

    points = np.ascontiguousarray(queries if among is None else among)
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points)
    positions = np.empty((len(queries), k), np.int64)
    distances = np.empty((len(queries), k))
    for begin in range(0, len(queries), _BLOCK):
        block = np.ascontiguousarray(queries[begin : begin + _BLOCK])
        at = slice(begin, begin + len(block))
        _, found = index.search(block, k + (among is None))
        if among is None:
            itself = found == np.arange(begin, begin + len(block))[:, None]
            found = np.take_along_axis(found, np.argsort(itself, axis=1, kind="stable")[:, :k], 1)
        apart = _distances(block, points, found)
        order = np.argsort(apart, axis=1, kind="stable")
        positions[at] = np.take_along_axis(found, order, 1)
        distances[at] = np.take_along_axis(apart, order, 1)
        yield Neighbours(positions, distances, begin + len(block))


def _distances(block: Vectors, points: Vectors, found: NDArray[np.int64]) -> NDArray[np.float64]:
    size = max(1, _GATHERED // (found.shape[1] * points.shape[1]))
    parts = [np.empty((0, found.shape[1]), np.float32)]
    for at in range(0, len(block), size):
        apart = points[found[at : at + size]]
        apart -= block[at : at + size, None]
        parts.append(np.sqrt(np.einsum("mkd,mkd->mk", apart, apart)))
    return np.concatenate(parts).astype(np.float64)
