"""The graph that UMAP draws: how strongly each point is tied to its neighbours (McInnes et al. 2018)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.representation.neighbors.flat_index import Neighbours
from featviz.representation.projection.protocol import Doubles

__all__ = ["strengths", "tied"]

_HALVINGS = 64
_LEAST_WIDTH = 1e-3


def strengths(distances: Doubles) -> Doubles:
    """(m, k) from 0 to 1: the nearest neighbour 1, those of a point together the logarithm to base 2 of k + 1.

    Args:
        distances: (m, k) to the neighbours, nearest first, the point itself not among them.
    """
    m, k = distances.shape
    beyond = np.maximum(distances - _nearest(distances), 0.0)
    wanted = np.log2(k + 1)
    low, high, width = np.zeros(m), np.full(m, np.inf), np.ones(m)
    for _ in range(_HALVINGS):
        too_wide = np.exp(-beyond / width[:, None]).sum(1) > wanted
        high, low = np.where(too_wide, width, high), np.where(too_wide, low, width)
        width = np.where(np.isinf(high), width * 2, (low + high) / 2)
    least = _LEAST_WIDTH * distances.sum(1) / (k + 1)
    width = np.maximum(width, np.where(least > 0, least, np.finfo(float).tiny))
    found: Doubles = np.exp(-beyond / width[:, None])
    return found


def tied(found: Neighbours) -> Any:
    """Sparse symmetric (m, m): the union of what both ends hold of each other, a + b - ab."""
    from scipy.sparse import csr_matrix

    m, k = found.positions.shape
    ends = np.arange(0, m * k + 1, k)
    graph = csr_matrix((strengths(found.distances).ravel(), found.positions.ravel(), ends), (m, m))
    back = graph.T.tocsr()
    union = graph + back - graph.multiply(back)
    union.sort_indices()
    return union


def _nearest(distances: Doubles) -> NDArray[np.float64]:
    """(m, 1) the smallest distance above 0."""
    positive = np.where(distances > 0, distances, np.inf).min(1, keepdims=True)
    return np.where(np.isinf(positive), 0.0, positive)
