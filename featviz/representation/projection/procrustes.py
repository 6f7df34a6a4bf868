"""Alignment: a map turned, mirrored, scaled and shifted so that it lies over another of the same points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from featviz.errors import BadInput
from featviz.representation.projection.protocol import Points

__all__ = ["procrustes_align"]


def procrustes_align(points: ArrayLike, reference: ArrayLike) -> Points:
    """Lay a map over another: the similarity transform of least squares (Schönemann 1966; Gower 1975).

    Distances keep their ratios. A map without extent is only shifted.

    Args:
        points: (n, 2) or (n, 3), finite.
        reference: (n, the same), finite; point i of both is the same image.

    Returns:
        (n, 2) or (n, 3) float32.

    Raises:
        BadInput: arrays of different shapes, or values that are not finite.
    """
    source, target = np.asarray(points, np.float64), np.asarray(reference, np.float64)
    if source.shape != target.shape or source.ndim != 2:
        raise BadInput(
            f"Two maps of the same points are needed: arrays of shape {source.shape} and {target.shape} came.",
            code="shape",
        )
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise BadInput("A map holds values that are not finite: compute it again.", code="nan")
    if not len(source):
        return source.astype(np.float32)
    source, target_mean = source - source.mean(0), target.mean(0)
    extent = float(np.square(source).sum())
    left, singular_values, right = np.linalg.svd(source.T @ (target - target_mean))
    scale = float(singular_values.sum()) / extent if extent > 0 and singular_values.any() else 1.0
    return np.asarray(scale * source @ (left @ right) + target_mean, np.float32)
