"""Images whose nearest neighbors differ between two layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Vectors
from featviz.representation.neighbors.exact import Distances, Metric, closest
from featviz.representation.similarity.measure import Doubles

__all__ = ["NeighborhoodDisagreement", "compare_neighborhoods"]

Positions = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NeighborhoodDisagreement:
    """How much the neighborhoods of each image differ.

    Attributes:
        order: (n,) positions of the images, those that differ most first; of equal ones that whose neighbors of
            either layer lie farthest away in the other.
        disagreement: (n,) 1 - Jaccard index of the two sets of neighbors: 0 the same, 1 none in common.
        chance: what neighbors drawn at random give on average, about.
        neighbors_a: (n, k) positions of the nearest images in layer A, nearest first.
        neighbors_b: (n, k) the same in layer B.
        ranks_in_b: (n, k) which nearest neighbor in B each of A's is, from 0.
        ranks_in_a: (n, k) which nearest neighbor in A each of B's is.
    """

    order: Positions
    disagreement: Doubles
    chance: float
    neighbors_a: Positions
    neighbors_b: Positions
    ranks_in_b: Positions
    ranks_in_a: Positions


def compare_neighborhoods(
    a: Vectors, b: Vectors, k: int = 10, *, metric: Metric = "cosine"
) -> NeighborhoodDisagreement:
    """Compare the k nearest neighbors of every image in two layers.

    Args:
        a: (n, p).
        b: (n, q), of the same images.
        k: how many neighbors; at most n - 1 are taken.
        metric: "cosine" or "euclidean".
    """
    k = max(1, min(k, len(a) - 1))
    distances = Distances(a, metric), Distances(b, metric)
    every = np.arange(len(a))
    (nearest_a, in_b), (nearest_b, in_a) = (
        _neighbors(own, other, k, every) for own, other in (distances, distances[::-1])
    )
    shared = (in_b < k).sum(1)
    disagreement = 1 - shared / (2 * k - shared)
    farness = in_a.mean(1) + in_b.mean(1)
    expected = k * k / (len(a) - 1)
    return NeighborhoodDisagreement(
        order=np.lexsort((-farness, -disagreement)),
        disagreement=disagreement,
        chance=1 - expected / (2 * k - expected),
        neighbors_a=nearest_a,
        neighbors_b=nearest_b,
        ranks_in_b=in_b,
        ranks_in_a=in_a,
    )


def _neighbors(own: Distances, other: Distances, k: int, every: Positions) -> tuple[Positions, Positions]:
    """(n, k) the nearest by one set of distances, and their ranks by another; ties by position in both."""
    nearest = np.empty((len(every), k), np.int64)
    ranks = np.empty((len(every), k), np.int64)
    for block in own.blocks(every):
        nearest[block] = closest(own.others(block), k)
        rows = other.others(block)
        theirs = np.take_along_axis(rows, nearest[block], 1)
        for column in range(k):
            nearer = rows < theirs[:, column, None]
            tied = (rows == theirs[:, column, None]) & (every < nearest[block][:, column, None])
            ranks[block, column] = (nearer | tied).sum(1)
    return nearest, ranks
