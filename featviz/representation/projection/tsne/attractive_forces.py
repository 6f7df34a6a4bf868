"""Attractive forces of t-SNE: the points of a map are drawn to their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.compiled import compiled
from featviz.representation.projection.protocol import Points

__all__ = ["attractive_forces"]


def attractive_forces(points: Points, others: Points, affinities: Any) -> Points:
    """The sum of p q (point - other) over the others, where q = 1 / (1 + distance²).

    Args:
        points: (m, 3).
        others: (n, 3), or the points themselves.
        affinities: CSR (m, n) float32, p.

    Returns:
        (m, 3).
    """
    forces, ends = np.empty_like(points), affinities.indptr
    gathered = np.empty((3, int(np.diff(ends).max(initial=0))), np.float32)
    compiled(_attraction)(points, others, ends, affinities.indices, affinities.data, gathered, forces)
    return forces


def _attraction(
    points: Points,
    others: Points,
    ends: NDArray[np.integer[Any]],
    positions: NDArray[np.integer[Any]],
    affinities: Points,
    gathered: Points,
    forces: Points,
) -> None:
    # F_i = sum over j of p_ij q_ij (y_i - y_j), q_ij = 1 / (1 + |y_i - y_j|²): van der Maaten & Hinton 2008, eq. 5.
    # Exact over the CSR rows; float32 sums. A row's ends are copied to (3, longest row) first, so that the second
    # loop reads contiguously and is vectorized. `attractive_forces` guarantees room for the longest row.
    none, one = np.float32(0), np.float32(1)
    xs, ys, zs = gathered[0], gathered[1], gathered[2]
    for row in range(len(points)):
        start, count = ends[row], ends[row + 1] - ends[row]
        for at in range(count):
            other = positions[start + at]
            xs[at], ys[at], zs[at] = others[other, 0], others[other, 1], others[other, 2]
        p = affinities[start : start + count]
        x, y, z = points[row, 0], points[row, 1], points[row, 2]
        px, py, pz = none, none, none
        for at in range(count):
            dx, dy, dz = x - xs[at], y - ys[at], z - zs[at]
            weight = p[at] / (one + dx * dx + dy * dy + dz * dz)
            px += weight * dx
            py += weight * dy
            pz += weight * dz
        forces[row, 0], forces[row, 1], forces[row, 2] = px, py, pz
