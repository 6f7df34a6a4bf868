"""How alike two maps are; a map without variation is like none."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["pearson", "spearman"]

Floats = NDArray[np.floating]


def pearson(a: Floats, b: Floats) -> float:
    """Pearson's correlation of two arrays of one shape, -1 to 1; 0 where one of them does not vary."""
    first, second = (each.astype(np.float64).ravel() - each.mean(dtype=np.float64) for each in (a, b))
    flat = np.ptp(a) == 0 or np.ptp(b) == 0
    norms = float(np.linalg.norm(first) * np.linalg.norm(second))
    return 0.0 if flat or norms == 0 else float(np.clip(first @ second / norms, -1, 1))


def spearman(a: Floats, b: Floats) -> float:
    """Spearman's rank correlation, equal values sharing their mean rank; 0 where one array does not vary."""
    return pearson(_ranks(a), _ranks(b))


def _ranks(array: Floats) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[inverse.ravel()]
    return ranks
