"""How strongly points hold on to their neighbours in t-SNE (van der Maaten & Hinton 2008, JMLR 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from featviz.representation.neighbors.flat_index import Neighbours
from featviz.representation.projection.protocol import Doubles

__all__ = ["conditional", "joint"]

_BLOCK = 4096
_ROUNDS, _CLOSE_ENOUGH, _LONGEST = 60, 1e-6, 2.0
_LEAST = 1e-30


def conditional(distances: Doubles, perplexities: Sequence[float]) -> Doubles:
    """(m, k) rows that sum to 1: Gaussians of the distances as wide as the perplexity wants, the mean over several.

    Args:
        distances: (m, k) to the neighbours, nearest first.
        perplexities: each below k; e to the power of a row's entropy.
    """
    blocks = [distances[at : at + _BLOCK] ** 2 for at in range(0, len(distances), _BLOCK)]
    held = [np.mean([_gaussian(block, each) for each in perplexities], axis=0) for block in blocks]
    found: Doubles = np.concatenate(held) if held else np.empty_like(distances)
    return found


def joint(found: Neighbours, perplexities: Sequence[float]) -> Any:
    """Sparse symmetric (m, m) float32 that sums to 1: what both ends hold of each other, averaged."""
    from scipy.sparse import csr_matrix

    m, k = found.positions.shape
    held = conditional(found.distances, perplexities)
    held[held < _LEAST] = 0  # so small that floats of single precision slow down
    one_way = csr_matrix((held.ravel(), found.positions.ravel(), np.arange(0, m * k + 1, k)), (m, m))
    both = one_way + one_way.T
    both.data /= 2 * m
    both.eliminate_zeros()
    both.sort_indices()
    return both.astype(np.float32)


def _gaussian(squares: Doubles, perplexity: float) -> Doubles:
    """Newton's method for the logarithm of each row's precision; bisection where it leaves what is known."""
    beyond = squares - squares.min(1, keepdims=True)
    beyond /= np.maximum(beyond.mean(1, keepdims=True), np.finfo(float).tiny)
    at = np.zeros((len(beyond), 1))
    low, high = np.full_like(at, -np.inf), np.full_like(at, np.inf)
    for _ in range(_ROUNDS):
        precision = np.exp(at)
        held: Doubles = np.exp(-precision * beyond)
        total = held.sum(1, keepdims=True)
        held /= total
        mean = (held * beyond).sum(1, keepdims=True)
        excess = np.log(total) + precision * mean - np.log(perplexity)
        if np.abs(excess).max() < _CLOSE_ENOUGH:
            break
        low, high = np.where(excess > 0, at, low), np.where(excess > 0, high, at)
        slope = precision**2 * ((held * beyond**2).sum(1, keepdims=True) - mean**2)
        at = at + np.clip(excess / np.maximum(slope, np.finfo(float).tiny), -_LONGEST, _LONGEST)
        at = np.where((at < low) | (at > high), (low + high) / 2, at)
    return held
