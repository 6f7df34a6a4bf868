"""Does the map come out the same again? Maps of the same vectors by several seeds, laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.deprecation import renamed_argument, renamed_attribute
from featviz.errors import BadInput
from featviz.representation.neighbors.exact import Distances, Doubles, array_of, closest
from featviz.representation.projection.procrustes import procrustes_align

__all__ = ["MapStability", "stability"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MapStability:
    """How much of a map is the vectors' and how much is chance; means over all pairs of maps.

    Attributes:
        displacement: how far a point moves from map to map once they are laid over each other, as a part of
            the map's radius (root mean square): 0 where nothing moves, about 0.9 for points put down anew.
        neighbor_overlap: the part of a point's k neighbours that it has on the other map too; k / (n - 1) by
            chance.
        displacements: (m,) the first, of every measured point.
        overlaps: (m,) the second, of every measured point.
        positions: (m,) which points were measured.
        k: how many neighbours.
        maps: how many maps.
    """

    displacement: float
    neighbor_overlap: float
    displacements: Floats
    overlaps: Floats
    positions: NDArray[np.int64]
    k: int
    maps: int

    neighbour_overlap = renamed_attribute("neighbour_overlap", "neighbor_overlap")


@renamed_argument("most", "max_points")
def stability(
    maps: Sequence[ArrayLike], *, k: int = 10, max_points: int = 2000, seed: int = 0
) -> MapStability:
    """Compare maps of the same vectors, made with different seeds.

    Args:
        maps: two or more, (n, dimensions) each; point i of all is the same image.
        k: neighbours; below n.
        max_points: where there are more points, so many are measured, chosen by the seed.
        seed: of that choice.

    Raises:
        BadInput: fewer than two maps, maps of different shapes, without extent or not finite, too few points.
    """
    drawn = [array_of(each) for each in maps]
    _check(drawn, k, max_points)
    positions = np.sort(np.random.default_rng(seed).permutation(len(drawn[0]))[:max_points])
    neighbors = [_neighbors(each, positions, k) for each in drawn]
    pairs = list(combinations(range(len(drawn)), 2))
    moves = np.mean([_moves(drawn[i], drawn[j])[positions] for i, j in pairs], axis=0)
    shared = np.mean([_shared(neighbors[i], neighbors[j]) for i, j in pairs], axis=0)
    return MapStability(
        displacement=float(moves.mean()),
        neighbor_overlap=float(shared.mean()),
        displacements=moves.astype(np.float32),
        overlaps=shared.astype(np.float32),
        positions=positions,
        k=k,
        maps=len(drawn),
    )


def _check(drawn: Sequence[Doubles], k: int, max_points: int) -> None:
    shapes = {each.shape for each in drawn}
    if len(drawn) < 2 or len(shapes) > 1:
        raise BadInput(
            f"{len(drawn)} maps of the shapes {sorted(shapes)} came: two or more of one shape are needed.",
            code="maps",
        )
    count = len(drawn[0])
    if max_points < 1 or not 1 <= k < count:
        raise BadInput(
            f"{count} points came, of which {max_points} may be measured with {k} neighbors: more than {k} points "
            "are needed.",
            code="too_few",
        )
    if any(Distances(each).all_equal for each in drawn):
        raise BadInput(
            "All points of a map are the same: there is nothing to lay over another.", code="identical"
        )


def _neighbors(points: Doubles, positions: NDArray[np.int64], k: int) -> NDArray[np.intp]:
    distances = Distances(points)
    return np.concatenate([closest(distances.others(part), k) for part in distances.blocks(positions)])


def _moves(one: Doubles, other: Doubles) -> Doubles:
    """(n,) how far each point lies from itself, both ways round, so that neither map is the measure."""
    both = [_displacement(first, second) for first, second in ((one, other), (other, one))]
    moves: Doubles = np.mean(both, axis=0)
    return moves


def _displacement(points: Doubles, reference: Doubles) -> Doubles:
    radius = np.sqrt(np.square(reference - reference.mean(0)).sum(1).mean())
    distances: Doubles = np.linalg.norm(procrustes_align(points, reference) - reference, axis=1) / radius
    return distances


def _shared(one: NDArray[np.intp], other: NDArray[np.intp]) -> Doubles:
    """(m,) the part of the neighbours in `one` that are in `other` too."""
    overlap: Doubles = (one[:, :, None] == other[:, None, :]).any(2).mean(1)
    return overlap
