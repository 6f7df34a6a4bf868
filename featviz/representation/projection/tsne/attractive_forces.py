"""How strongly the points of a map are drawn to their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.compiled import compiled
from featviz.representation.projection.protocol import Points

__all__ = ["attraction"]


def attraction(points: Points, others: Points, affinities: Any) -> Points:
    """The sum of p q (point - other) over the others, where q = 1 / (1 + distance²).

    Args:
        points: (m, 3).
        others: (n, 3), or the points themselves.
        affinities: CSR (m, n) float32, p.

    Returns:
        (m, 3).
    """
    pulls, ends = np.empty_like(points), affinities.indptr
    gathered = np.empty((3, int(np.diff(ends).max(initial=0))), np.float32)
    compiled(_pull)(points, others, ends, affinities.indices, affinities.data, gathered, pulls)
    return pulls


def _pull(
    points: Points,
    others: Points,
    ends: NDArray[np.integer[Any]],
    positions: NDArray[np.integer[Any]],
    affinities: Points,
    gathered: Points,
    pulls: Points,
) -> None:
    none, one = np.float32(0), np.float32(1)
    xs, ys, zs = gathered[0], gathered[1], gathered[2]
    for row in range(len(points)):
        begin, many = ends[row], ends[row + 1] - ends[row]
        for at in range(many):
            other = positions[begin + at]
            xs[at], ys[at], zs[at] = others[other, 0], others[other, 1], others[other, 2]
        held = affinities[begin : begin + many]
        x, y, z = points[row, 0], points[row, 1], points[row, 2]
        px, py, pz = none, none, none
        for at in range(many):
            dx, dy, dz = x - xs[at], y - ys[at], z - zs[at]
            pull = held[at] / (one + dx * dx + dy * dy + dz * dz)
            px += pull * dx
            py += pull * dy
            pz += pull * dz
        pulls[row, 0], pulls[row, 1], pulls[row, 2] = px, py, pz
