"""Affinities p_ij of t-SNE, calibrated to a perplexity (van der Maaten & Hinton 2008, JMLR 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from featviz.representation.neighbors.nearest import Neighbors
from featviz.representation.projection.protocol import Doubles

__all__ = ["conditional_affinities", "joint_affinities"]

_BLOCK = 4096
_MAX_ITERATIONS, _ENTROPY_TOLERANCE, _MAX_STEP = 60, 1e-6, 2.0
_MIN_AFFINITY = 1e-30


def conditional_affinities(distances: Doubles, perplexities: Sequence[float]) -> Doubles:
    """p_j|i, (m, k) rows that sum to 1: Gaussians of the distances at each perplexity, the mean over several.

    Args:
        distances: (m, k) to the neighbours, nearest first.
        perplexities: each below k; e to the power of a row's entropy.
    """
    blocks = [distances[start : start + _BLOCK] ** 2 for start in range(0, len(distances), _BLOCK)]
    p_blocks = [
        np.mean([_calibrate_perplexity(block, each) for each in perplexities], axis=0) for block in blocks
    ]
    p: Doubles = np.concatenate(p_blocks) if p_blocks else np.empty_like(distances)
    return p


def joint_affinities(neighbors: Neighbors, perplexities: Sequence[float]) -> Any:
    """p_ij = (p_j|i + p_i|j) / 2m, sparse symmetric (m, m) float32 that sums to 1.

    Pairs of which neither is among the other's k neighbours count as 0; k is three times the perplexity, as in van der
    Maaten 2014 (JMLR 15).
    """
    from scipy.sparse import csr_matrix

    m, k = neighbors.positions.shape
    p = conditional_affinities(neighbors.distances, perplexities)
    p[p < _MIN_AFFINITY] = 0  # so small that floats of single precision slow down
    conditional = csr_matrix((p.ravel(), neighbors.positions.ravel(), np.arange(0, m * k + 1, k)), (m, m))
    joint = conditional + conditional.T
    joint.data /= 2 * m
    joint.eliminate_zeros()
    joint.sort_indices()
    return joint.astype(np.float32)


def _calibrate_perplexity(squares: Doubles, perplexity: float) -> Doubles:
    """p_j|i of rows (m, k) of squared distances, their precisions calibrated so that exp(entropy) is the perplexity.

    p_j|i = exp(-b d_ij²) / sum, entropy H = log(sum) + b E[d²], dH / d log(b) = -b² Var[d²]: van der Maaten & Hinton
    2008, section 2. Newton's method for log(b) of all rows at once, halved into the bracket where a step leaves it;
    ends at an entropy within 1e-6 of log(perplexity). Distances are taken off the nearest and scaled to mean 1, so
    that every magnitude calibrates alike.
    """
    squared_distances = squares - squares.min(1, keepdims=True)
    squared_distances /= np.maximum(squared_distances.mean(1, keepdims=True), np.finfo(float).tiny)
    log_precision = np.zeros((len(squared_distances), 1))
    low, high = np.full_like(log_precision, -np.inf), np.full_like(log_precision, np.inf)
    for _ in range(_MAX_ITERATIONS):
        precision = np.exp(log_precision)
        p: Doubles = np.exp(-precision * squared_distances)
        total = p.sum(1, keepdims=True)
        p /= total
        mean = (p * squared_distances).sum(1, keepdims=True)
        excess = np.log(total) + precision * mean - np.log(perplexity)
        if np.abs(excess).max() < _ENTROPY_TOLERANCE:
            break
        low, high = (
            np.where(excess > 0, log_precision, low),
            np.where(excess > 0, high, log_precision),
        )
        derivative = precision**2 * ((p * squared_distances**2).sum(1, keepdims=True) - mean**2)
        log_precision = log_precision + np.clip(
            excess / np.maximum(derivative, np.finfo(float).tiny), -_MAX_STEP, _MAX_STEP
        )
        log_precision = np.where(
            (log_precision < low) | (log_precision > high), (low + high) / 2, log_precision
        )
    return p
