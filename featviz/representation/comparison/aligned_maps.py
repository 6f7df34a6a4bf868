"""Maps of two layers laid over each other, and how far each image moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featviz.representation.embeddings import Embeddings
from featviz.representation.projection import project
from featviz.representation.projection.procrustes import procrustes_align
from featviz.representation.projection.protocol import Points
from featviz.representation.similarity.measure import Doubles

__all__ = ["AlignedMaps", "align_maps"]


@dataclass(frozen=True, eq=False)
class AlignedMaps:
    """Two maps of the same images, B's turned, mirrored, scaled and shifted onto A's.

    Attributes:
        points_a: (n, 2).
        points_b: (n, 2).
        moved: (n,) how far each image lies from itself, in radii (root mean square) of A's map.
        moved_between_seeds: (n,) the same between two maps of A alone that differ by the seed: what of the movement
            is the method's; zeros where it draws nothing at random.
        method: an id out of `PROJECTIONS`.
    """

    points_a: Points
    points_b: Points
    moved: Doubles
    moved_between_seeds: Doubles
    method: str


def align_maps(a: Embeddings, b: Embeddings, method: str = "pca", *, seed: int = 0) -> AlignedMaps:
    """Project both layers and lay B's map over A's.

    Args:
        a: one layer's.
        b: the other's, of the same images in the same order.
        method: an id out of `PROJECTIONS`.
        seed: of both; the next one gives the map that shows what a seed moves.
    """
    points_a, points_b = (project(each, method, seed=seed).points for each in (a, b))
    aligned = procrustes_align(points_b, points_a)
    again = points_a if method == "pca" else project(a, method, seed=seed + 1).points
    return AlignedMaps(
        points_a=points_a,
        points_b=aligned,
        moved=_moved(points_a, aligned),
        moved_between_seeds=_moved(points_a, procrustes_align(again, points_a)),
        method=method,
    )


def _moved(points: Points, others: Points) -> Doubles:
    radius = float(np.sqrt(np.square(points - points.mean(0)).sum(1).mean())) or 1.0
    return np.asarray(np.linalg.norm(points - others, axis=1) / radius, np.float64)
