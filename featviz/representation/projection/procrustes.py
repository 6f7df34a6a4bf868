"""Alignment: a map turned, mirrored, scaled and shifted so that it lies over another of the same points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from featviz.errors import BadInput
from featviz.representation.projection.protocol import Points

__all__ = ["aligned"]


def aligned(points: ArrayLike, reference: ArrayLike) -> Points:
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
    moved, still = np.asarray(points, np.float64), np.asarray(reference, np.float64)
    if moved.shape != still.shape or moved.ndim != 2:
        raise BadInput(
            f"Two maps of the same points are needed: arrays of shape {moved.shape} and {still.shape} came.",
            code="shape",
        )
    if not (np.isfinite(moved).all() and np.isfinite(still).all()):
        raise BadInput("A map holds values that are not finite: compute it again.", code="nan")
    if not len(moved):
        return moved.astype(np.float32)
    moved, middle = moved - moved.mean(0), still.mean(0)
    extent = float(np.square(moved).sum())
    left, strengths, right = np.linalg.svd(moved.T @ (still - middle))
    scale = float(strengths.sum()) / extent if extent > 0 and strengths.any() else 1.0
    return np.asarray(scale * moved @ (left @ right) + middle, np.float32)
