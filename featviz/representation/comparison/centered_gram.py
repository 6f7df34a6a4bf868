"""Linear CKA out of double-centered Gram matrices, which keep all of a layer that it needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from featviz.representation.comparison.similarity_matrix import Matrix

__all__ = ["MIN_IMAGES", "centered_gram", "normalized"]

MIN_IMAGES = 4
_CONSTANT = 1e-14
"""Share of the vectors' own scale below which what varies is rounding."""


def centered_gram(vectors: ArrayLike) -> Matrix:
    """(n, n) inner products of vectors (n, p) about their mean, in float64; zero where nothing varies."""
    x = np.asarray(vectors, np.float64)
    scale = float(np.abs(x).max(initial=0.0)) or 1.0
    x = x / scale
    x -= x.mean(0)
    gram = x @ x.T
    if float(np.trace(gram)) <= _CONSTANT * x.size:
        return np.zeros_like(gram)
    gram -= gram.mean(0)
    gram -= gram.mean(1, keepdims=True)
    return np.asarray(gram)


def normalized(gram: Matrix, *, debiased: bool) -> Matrix:
    """A centered Gram matrix (n, n) scaled so that CKA is the inner product of two; NaN where nothing varies.

    Args:
        gram: of `centered_gram`.
        debiased: the U-centered matrix without its diagonal (Székely and Rizzo 2014, Song et al. 2012).
    """
    matrix = _u_centered(gram) if debiased else gram
    length = float(np.sqrt(np.square(matrix).sum()))
    return matrix / length if length > 0 else np.full_like(matrix, np.nan)


def _u_centered(gram: Matrix) -> Matrix:
    count = len(gram)
    matrix = gram.copy()
    np.fill_diagonal(matrix, 0.0)
    sums = matrix.sum(0)
    matrix -= (sums[:, None] + sums) / (count - 2)
    matrix += sums.sum() / ((count - 1) * (count - 2))
    np.fill_diagonal(matrix, 0.0)
    return matrix
