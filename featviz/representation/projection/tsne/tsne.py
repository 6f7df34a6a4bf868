"""t-SNE, drawn while it unfolds, over exact neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from featviz.progress import yield_now
from featviz.registry import Range
from featviz.representation.embeddings import Vectors
from featviz.representation.neighbors.nearest import nearest_neighbors
from featviz.representation.projection.initialization import Setup, degenerate_map, prepare, search_neighbors
from featviz.representation.projection.out_of_sample import out_of_sample
from featviz.representation.projection.preprocessing import MetricSpace
from featviz.representation.projection.protocol import (
    Points,
    ProjectionInput,
    ProjectionResult,
    ProjectionRun,
)
from featviz.representation.projection.registry import PROJECTIONS
from featviz.representation.projection.tsne.affinities import conditional_affinities, joint_affinities
from featviz.representation.projection.tsne.gradient_descent import GradientDescent

__all__ = ["COMPONENTS", "TsneMap", "tsne"]

COMPONENTS = 50
_REPORT_EVERY = 10
_MAX_EARLY_ITERATIONS = 250
_INITIAL_STD, _INITIAL_NOISE, _MAX_START_STD = 1e-4, 0.01, 3.0
_TRANSFORM_PERPLEXITY, _TRANSFORM_NEIGHBORS, _TRANSFORM_ITERATIONS = 5.0, 25, 100


@PROJECTIONS.register(
    "t-SNE", reference="van der Maaten & Hinton 2008, JMLR 9", passes=0, lesson="embeddings/tsne.md"
)
def tsne(
    data: ProjectionInput,
    *,
    perplexity: Annotated[float, Range(2, 500)] = 30.0,
    second_perplexity: Annotated[float, Range(0, 500)] = 0.0,
    early_exaggeration: Annotated[float, Range(1, 50)] = 12.0,
    exaggeration: Annotated[float, Range(1, 10)] = 1.0,
    iterations: Annotated[int, Range(0, 5000)] = 500,
    metric: Literal["euclidean", "cosine"] = "euclidean",
) -> ProjectionRun:
    """Neighbours stay together; distances between groups and the sizes of groups mean little.

    Beyond 50 dimensions, neighbours are looked for among the first 50 principal components.

    Args:
        data: the vectors.
        perplexity: about how many neighbours each point holds on to.
        second_perplexity: a second one at the same time, for the larger scale; 0 takes none.
        early_exaggeration: how much stronger attraction is in the first third, at most 250 iterations; a map
            that goes on from another has none of these.
        exaggeration: how much stronger attraction is afterwards; about 4 gives maps like UMAP's.
        iterations: steps of the descent.
        metric: of the true space; the cosine compares directions alone.
    """
    setup = prepare(data, metric, COMPONENTS)
    m = len(setup.unique)
    if m < data.dimensions + 2:
        return (yield from degenerate_map(setup, "t-SNE"))
    largest = (m - 1) / 3
    requested = [each for each in (perplexity, second_perplexity) if each]
    perplexities = sorted({min(each, largest) for each in requested})
    if max(requested) > largest:
        setup.notes.append(f"A perplexity of {largest:.3g} is used, the largest for {m} vectors.")
    neighbors = yield from search_neighbors(setup, min(m - 1, int(3 * max(perplexities))), iterations)
    affinities = joint_affinities(neighbors, perplexities)
    early = 0 if setup.warm else min(_MAX_EARLY_ITERATIONS, iterations // 3)
    descent = GradientDescent(_initial_points(setup, iterations), affinities)
    for done in range(1, iterations + 1):
        factor = early_exaggeration if done <= early else exaggeration
        descent.step(m / factor, factor)
        yield_now()
        if done % _REPORT_EVERY == 0:
            note = "early exaggeration" if done <= early else "settling"
            yield setup.progress(descent.points, done, iterations, note)
    points = setup.expand(descent.points)
    placement = TsneMap(**vars(setup.space), values=setup.unique.values, points=descent.points)
    about = {"perplexities": perplexities, "early_iterations": early, "notes": setup.notes}
    return ProjectionResult(points, placement, about)


@out_of_sample("TsneMap")
@dataclass(frozen=True, eq=False)
class TsneMap(MetricSpace):
    """A finished map (m, dimensions) of the points of a space (m, k).

    New points are drawn to their neighbours and pushed by all points of the map, never by each other: where one
    lies does not depend on which came with it (Poličar et al. 2023, Machine Learning 112).
    """

    values: Vectors
    points: Any

    def transform(self, vectors: Vectors) -> Points:
        """(q, d) to (q, dimensions); a vector of the map lies where it lies there."""
        from scipy.sparse import csr_matrix

        queries, fixed_points = (
            MetricSpace.transform(self, vectors),
            np.ascontiguousarray(self.points, np.float64),
        )
        k = min(_TRANSFORM_NEIGHBORS, len(self.values))
        *_, neighbors = nearest_neighbors(queries, k, self.values)
        start = np.median(fixed_points[neighbors.positions], axis=1)
        used = min(k, int(3 * _TRANSFORM_PERPLEXITY))
        scale = min(_TRANSFORM_PERPLEXITY, used / 3)
        p = conditional_affinities(neighbors.distances[:, :used], [scale]).astype(np.float32)
        indptr = np.arange(0, p.size + 1, used)
        affinities: Any = csr_matrix(
            (p.ravel(), neighbors.positions[:, :used].ravel(), indptr), (len(start), len(fixed_points))
        )
        descent = GradientDescent(start, affinities, fixed_points, max_gradient_norm=0.25)
        for _ in range(_TRANSFORM_ITERATIONS):
            descent.step(0.1, 1.5)
        known = neighbors.distances[:, 0] == 0
        descent.points[known] = fixed_points[neighbors.positions[known, 0]]
        return descent.points.astype(np.float32)


def _initial_points(setup: Setup, iterations: int) -> Any:
    """(m, dimensions) where the descent begins: tiny components, or the start in the scale of such maps."""
    if not iterations:
        return setup.points
    if not setup.warm:
        return setup.jitter(_INITIAL_STD, _INITIAL_NOISE)
    return setup.rescale(1.0, _MAX_START_STD * np.sqrt(len(setup.points)), 1.0)
