"""The graph that UMAP draws, made by umap-learn of exact neighbours (McInnes et al. 2018)."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.representation.neighbors.nearest import Neighbors
from featviz.representation.projection.protocol import Doubles

__all__ = ["find_ab_params", "fuzzy_simplicial_set", "membership_strengths"]


def fuzzy_simplicial_set(neighbors: Neighbors) -> Any:
    """Sparse symmetric (m, m): the union of what both ends hold of each other, a + b - ab.

    Args:
        neighbors: the neighbours of all m points, complete; no point is its own.
    """
    positions = np.insert(neighbors.positions, 0, np.arange(len(neighbors.positions)), axis=1)
    distances = _with_itself(neighbors.distances)
    m, n_neighbors = positions.shape
    union = _umap().fuzzy_simplicial_set(
        np.empty((m, 0)), n_neighbors, None, "euclidean", knn_indices=positions, knn_dists=distances
    )[0]
    union = union.tocsr().astype(np.float64)
    union.sort_indices()
    return union


def membership_strengths(neighbors: Neighbors) -> Doubles:
    """(q, k) from 0 to 1, how strongly points are tied to others that are theirs; the nearest 1.

    Args:
        neighbors: the neighbours of q points among others, at least one of which is apart from each.
    """
    umap_learn, distances = _umap(), _with_itself(neighbors.distances)
    sigmas, rhos = umap_learn.smooth_knn_dist(distances, float(distances.shape[1]))
    memberships = umap_learn.compute_membership_strengths(
        neighbors.positions, distances[:, 1:].copy(), sigmas, rhos, bipartite=True
    )[2]
    strengths: Doubles = memberships.reshape(neighbors.positions.shape).astype(np.float64)
    return strengths


@cache
def find_ab_params(min_dist: float) -> tuple[float, float]:
    """a and b for which 1 / (1 + a r^2b) is nearest to 1 up to `min_dist` and exp(min_dist - r) beyond."""
    a, b = _umap().find_ab_params(1.0, min_dist)
    return float(a), float(b)


def _with_itself(distances: Doubles) -> NDArray[np.float32]:
    """(q, k + 1): umap-learn counts a point among its neighbours, and passes over that one."""
    return np.insert(distances, 0, 0.0, axis=1).astype(np.float32)


@cache
def _umap() -> ModuleType:
    """umap-learn, loaded at the first graph, its two loops off the interpreter's lock and kept on disk.

    As they come they hold the lock, so every other thread waits; and they share one pool of threads, which numba
    ends the process for on some systems when two threads of a server use it at a time. One core takes them at
    0.1 s for 10,000 points.
    """
    from umap import umap_

    for loop in (umap_.smooth_knn_dist, umap_.compute_membership_strengths):
        loop.targetoptions.update(nogil=True, parallel=False)
        with suppress(RuntimeError):  # no folder to keep it in
            loop.enable_caching()
    return umap_  # type: ignore[no-any-return]
