"""t-SNE, drawn while it unfolds, over exact neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from featviz.progress import give_way
from featviz.registry import Range
from featviz.representation.embeddings import Vectors
from featviz.representation.neighbors.flat_index import neighbours
from featviz.representation.projection.initialization import Beginning, begin, few, searched
from featviz.representation.projection.placement import placement
from featviz.representation.projection.preprocessing import Space
from featviz.representation.projection.protocol import Finding, Found, Points, Task
from featviz.representation.projection.registry import PROJECTIONS
from featviz.representation.projection.tsne.affinities import conditional, joint
from featviz.representation.projection.tsne.gradient_descent import Descent

__all__ = ["COMPONENTS", "TsneMap", "tsne"]

COMPONENTS = 50
_EVERY = 10
_LONGEST_EARLY = 250
_SMALL, _COLD_NOISE, _FOREIGN = 1e-4, 0.01, 3.0
_PLACING_PERPLEXITY, _PLACING_NEIGHBOURS, _PLACING_STEPS = 5.0, 25, 100


@PROJECTIONS.register(
    "t-SNE", reference="van der Maaten & Hinton 2008, JMLR 9", passes=0, lesson="embeddings/tsne.md"
)
def tsne(
    task: Task,
    *,
    perplexity: Annotated[float, Range(2, 500)] = 30.0,
    second_perplexity: Annotated[float, Range(0, 500)] = 0.0,
    early_exaggeration: Annotated[float, Range(1, 50)] = 12.0,
    exaggeration: Annotated[float, Range(1, 10)] = 1.0,
    iterations: Annotated[int, Range(0, 5000)] = 500,
    metric: Literal["euclidean", "cosine"] = "euclidean",
) -> Finding:
    """Neighbours stay together; distances between groups and the sizes of groups mean little.

    Beyond 50 dimensions, neighbours are looked for among the first 50 principal components.

    Args:
        task: the vectors.
        perplexity: about how many neighbours each point holds on to.
        second_perplexity: a second one at the same time, for the larger scale; 0 takes none.
        early_exaggeration: how much stronger attraction is in the first third, at most 250 iterations; a map
            that goes on from another has none of these.
        exaggeration: how much stronger attraction is afterwards; about 4 gives maps like UMAP's.
        iterations: steps of the descent.
        metric: of the true space; the cosine compares directions alone.
    """
    beginning = begin(task, metric, COMPONENTS)
    m = len(beginning.rows)
    if m < task.dimensions + 2:
        return (yield from few(beginning, "t-SNE"))
    largest = (m - 1) / 3
    asked = [each for each in (perplexity, second_perplexity) if each]
    scales = sorted({min(each, largest) for each in asked})
    if max(asked) > largest:
        beginning.notes.append(f"A perplexity of {largest:.3g} is used, the largest for {m} vectors.")
    found = yield from searched(beginning, min(m - 1, int(3 * max(scales))), iterations)
    affinities = joint(found, scales)
    early = 0 if beginning.warm else min(_LONGEST_EARLY, iterations // 3)
    descent = Descent(_started(beginning, iterations), affinities)
    for done in range(1, iterations + 1):
        stronger = early_exaggeration if done <= early else exaggeration
        descent.step(m / stronger, stronger)
        give_way()
        if done % _EVERY == 0:
            note = "early exaggeration" if done <= early else "settling"
            yield beginning.stage(descent.points, done, iterations, note)
    points = beginning.spread(descent.points)
    placement = TsneMap(**vars(beginning.space), values=beginning.rows.values, points=descent.points)
    about = {"perplexities": scales, "early_iterations": early, "notes": beginning.notes}
    return Found(points, placement, about)


@placement
@dataclass(frozen=True, eq=False)
class TsneMap(Space):
    """A finished map (m, dimensions) of the points of a space (m, k).

    New points are drawn to their neighbours and pushed by all points of the map, never by each other: where one
    lies does not depend on which came with it (Poličar et al. 2023, Machine Learning 112).
    """

    values: Vectors
    points: Any

    def place(self, vectors: Vectors) -> Points:
        """(q, d) to (q, dimensions); a vector of the map lies where it lies there."""
        from scipy.sparse import csr_matrix

        inside, still = Space.place(self, vectors), np.ascontiguousarray(self.points, np.float64)
        k = min(_PLACING_NEIGHBOURS, len(self.values))
        *_, found = neighbours(inside, k, self.values)
        start = np.median(still[found.positions], axis=1)
        near = min(k, int(3 * _PLACING_PERPLEXITY))
        scale = min(_PLACING_PERPLEXITY, near / 3)
        held = conditional(found.distances[:, :near], [scale]).astype(np.float32)
        ends = np.arange(0, held.size + 1, near)
        close: Any = csr_matrix(
            (held.ravel(), found.positions[:, :near].ravel(), ends), (len(start), len(still))
        )
        descent = Descent(start, close, still, steepest=0.25)
        for _ in range(_PLACING_STEPS):
            descent.step(0.1, 1.5)
        known = found.distances[:, 0] == 0
        descent.points[known] = still[found.positions[known, 0]]
        return descent.points.astype(np.float32)


def _started(beginning: Beginning, iterations: int) -> Any:
    """(m, dimensions) where the descent begins: tiny components, or the start in the scale of such maps."""
    if not iterations:
        return beginning.points
    if not beginning.warm:
        return beginning.jittered(_SMALL, _COLD_NOISE)
    return beginning.warmed(1.0, _FOREIGN * np.sqrt(len(beginning.points)), 1.0)
