"""How far a map of the vectors can be believed, as a whole and at every point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.deprecation import renamed_argument, renamed_attribute
from featviz.errors import BadInput
from featviz.progress import yield_now
from featviz.representation.embeddings import Embeddings
from featviz.representation.neighbors.exact import Distances, Doubles, Metric, array_of, closest
from featviz.representation.neighbors.nearest import nearest
from featviz.representation.projection.stretched import stretched_notes

__all__ = ["MapQuality", "baseline", "map_quality", "nearest"]

Floats = NDArray[np.float32]
_REFERENCES = 500
"""With how many points the distances of each measured one are compared."""


@dataclass(frozen=True, eq=False)
class MapQuality:
    """What a map keeps of the true space.

    A point as near as the k-th neighbour counts as a neighbour: equal points are no mistake of the map.

    Attributes:
        trustworthiness: 1 where all neighbours on the map are true ones; each false one costs as much as it is
            truly farther than the k-th. About 0.5 by chance (Venna & Kaski 2001).
        continuity: 1 where all true neighbours are neighbours on the map; each that is torn away costs as much
            as it lies farther on the map than the k-th. About 0.5 by chance (Venna & Kaski 2001).
        neighbor_overlap: the part of the neighbours on the map that are true ones, from 0 to 1; k / (n - 1) by
            chance.
        shepard: Spearman's correlation of true distances and distances on the map, from -1 to 1; 0 where all
            distances of one side are the same.
        points: by the names above, (m,) float32, the same of each measured point; their means are the values
            above, but for shepard.
        positions: (m,) which points were measured.
        k: how many neighbours.
        metric: of the true space; on the map it is the Euclidean.
        total: how many points the map has: the neighbours were looked for among all of them.
        pairs: how many distances `shepard` compares.
        notes: sentences on coordinates of the true space that a few far points stretch.
    """

    trustworthiness: float
    continuity: float
    neighbor_overlap: float
    shepard: float
    points: Mapping[str, Floats]
    positions: NDArray[np.int64]
    k: int
    metric: Metric
    total: int
    pairs: int
    notes: tuple[str, ...] = ()

    neighbour_overlap = renamed_attribute("neighbour_overlap", "neighbor_overlap")


@renamed_argument("most", "max_points")
def map_quality(
    vectors: Embeddings | ArrayLike,
    points: ArrayLike,
    *,
    k: int = 10,
    metric: Metric = "euclidean",
    max_points: int = 2000,
    seed: int = 0,
) -> MapQuality:
    """Measure how much of the neighbourhoods and distances of the true space a map keeps.

    Args:
        vectors: (n, d), the true space.
        points: (n, 2) or (n, 3), the map.
        k: neighbours; below n / 2.
        metric: of the true space, "euclidean" or "cosine".
        max_points: where there are more points, so many are measured, chosen by the seed; each against all points.
        seed: of that choice, and of the order of points equally near.

    Raises:
        BadInput: too few points for k, points that all coincide, arrays of different lengths or not finite.
    """
    true, drawn = Distances(vectors, metric), Distances(points)
    _check(true, drawn, k, max_points)
    generator = np.random.default_rng(seed)
    count = len(true)
    positions = np.sort(generator.permutation(count)[:max_points])
    order, references = generator.permutation(count), np.sort(generator.permutation(count)[:_REFERENCES])
    parts = [_measured(true, drawn, part, order, references, k) for part in true.blocks(positions)]
    measured = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    ranked = {name: measured.pop(name) for name in ("true", "drawn")}
    different = positions[:, None] != references
    return MapQuality(
        **{name: float(values.mean()) for name, values in measured.items()},
        shepard=_spearman(ranked["true"][different], ranked["drawn"][different]),
        points={
            **{name: values.astype(np.float32) for name, values in measured.items()},
            "shepard": _spearman_each(ranked["true"], ranked["drawn"], different),
        },
        positions=positions,
        k=k,
        metric=metric,
        total=count,
        pairs=int(different.sum()),
        notes=stretched_notes(array_of(vectors)) if metric == "euclidean" else (),
    )


@renamed_argument("most", "max_points")
def baseline(
    vectors: Embeddings | ArrayLike,
    dimensions: int = 2,
    seed: int = 0,
    *,
    k: int = 10,
    metric: Metric = "euclidean",
    max_points: int = 2000,
) -> MapQuality:
    """The same of a random linear projection: what a map is worth that learned nothing of the vectors.

    Args:
        vectors: (n, d).
        dimensions: of the map.
        seed: of the projection and of the choice of points.
        k: neighbours.
        metric: of the true space.
        max_points: how many points are measured at most.

    Raises:
        BadInput: as `map_quality`, or fewer than one dimension.
    """
    values = array_of(vectors)
    if dimensions < 1:
        raise BadInput(f"A map has one dimension or more; {dimensions} were asked for.", code="dimensions")
    axes = np.random.default_rng(seed).normal(size=(values.shape[1], dimensions))
    return map_quality(values, values @ axes, k=k, metric=metric, max_points=max_points, seed=seed)


def _check(true: Distances, drawn: Distances, k: int, max_points: int) -> None:
    count = len(true)
    if len(drawn) != count:
        raise BadInput(f"{count} vectors and {len(drawn)} points came: one each is needed.", code="lengths")
    if k < 1 or max_points < 1 or 2 * k >= count:
        raise BadInput(
            f"A map of {count} points cannot be measured with {k} neighbors each: more than {2 * k} points are needed. "
            "Take more images or fewer neighbors.",
            code="too_few",
        )
    if true.all_equal or drawn.all_equal:
        which = "vectors" if true.all_equal else "points of the map"
        raise BadInput(f"All {which} are the same: no neighbors can be told apart.", code="identical")


def _measured(
    true: Distances,
    drawn: Distances,
    positions: NDArray[np.integer[Any]],
    order: NDArray[np.integer[Any]],
    references: NDArray[np.integer[Any]],
    k: int,
) -> dict[str, Doubles]:
    """(b,) of each measure, and (b, r) the distances to the references on both sides."""
    far, near = true.others(positions), drawn.others(positions)
    shown, kept = _closest(near, order, k), _closest(far, order, k)
    intruders = _ranks(far, shown, true.rounding(far, positions, shown))
    torn = _ranks(near, kept, drawn.rounding(near, positions, kept))
    worst = k * (2 * far.shape[1] - 3 * k - 1) / 2
    return {
        "trustworthiness": 1 - np.maximum(intruders - k, 0).sum(1) / worst,
        "continuity": 1 - np.maximum(torn - k, 0).sum(1) / worst,
        "neighbor_overlap": (intruders <= k).mean(1),
        "true": far[:, references],
        "drawn": near[:, references],
    }


def _closest(rows: Doubles, order: NDArray[np.integer[Any]], k: int) -> NDArray[np.integer[Any]]:
    """The k nearest; which of those equally near is left to chance, for sets are often sorted by class."""
    return order[closest(rows[:, order], k)]


def _ranks(rows: Doubles, columns: NDArray[np.integer[Any]], rounding: Doubles) -> NDArray[np.int64]:
    """(b, k) the ranks of some columns among all of a row, from 1 on: 1 + how many are nearer."""
    bounds = np.take_along_axis(rows, columns, 1) - rounding
    nearer = [(rows < bounds[:, each, None]).sum(1) for each in range(columns.shape[1])]
    return 1 + np.stack(nearer, axis=1)


def _spearman(one: Doubles, other: Doubles) -> float:
    return float(_pearson(*(_ranked(each)[None] for each in (one, other)))[0])


def _spearman_each(one: Doubles, other: Doubles, different: NDArray[np.bool_]) -> Floats:
    """(m,) of every row, without the distance of a point to itself."""
    # A point is infinitely far from itself here: that distance takes the highest rank in both rows, and goes.
    ranks = [_ranked(each, axis=1) for each in (one, other)]
    return _pearson(ranks[0], ranks[1], different.astype(np.float64)).astype(np.float32)


def _ranked(distances: Doubles, axis: int | None = None) -> Doubles:
    """The ranks along an axis, or among all; ranking a million takes a fifth of a second."""
    from scipy.stats import rankdata

    ranks: Doubles = rankdata(distances, axis=axis)
    yield_now()
    return ranks


def _pearson(one: Doubles, other: Doubles, weights: Doubles | None = None) -> Doubles:
    """(m,) the correlation of rows; 0 where one of them does not vary."""
    weights = np.ones_like(one) if weights is None else weights
    counts = weights.sum(1, keepdims=True)
    left = weights * (one - (weights * one).sum(1, keepdims=True) / counts)
    right = weights * (other - (weights * other).sum(1, keepdims=True) / counts)
    size = np.sqrt(np.square(left).sum(1) * np.square(right).sum(1))
    correlations: Doubles = (left * right).sum(1) / np.where(size > 0, size, 1.0)
    return correlations
