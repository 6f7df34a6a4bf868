"""UMAP, drawn while it unfolds: umap-learn's graph of exact neighbours, and its layout epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from featviz.progress import give_way
from featviz.registry import Range
from featviz.representation.embeddings import Vectors
from featviz.representation.neighbors.flat_index import neighbours
from featviz.representation.projection.initialization import begin, few, searched
from featviz.representation.projection.placement import placement
from featviz.representation.projection.preprocessing import Space
from featviz.representation.projection.protocol import Doubles, Finding, Found, Points, Task
from featviz.representation.projection.registry import PROJECTIONS
from featviz.representation.projection.umap.fuzzy_graph import fuzzy_simplicial_set, membership_strengths
from featviz.representation.projection.umap.layout import Layout

__all__ = ["UmapMap", "rounds_of", "umap"]

_EVERY = 10
_FEW, _EPOCHS, _EPOCHS_OF_MANY = 10_000, 500, 200
_EXTENT, _NOISE = 5.0, 1e-4
_WARM_RATE, _PLACING_RATE, _PLACING_EPOCHS = 0.25, 0.25, 100


@PROJECTIONS.register(
    "UMAP", reference="McInnes et al. 2018, arXiv:1802.03426", passes=0, lesson="embeddings/umap.md"
)
def umap(
    task: Task,
    *,
    n_neighbors: Annotated[int, Range(2, 200)] = 15,
    min_dist: Annotated[float, Range(0, 0.99)] = 0.1,
    epochs: Annotated[int | None, Range(0, 2000)] = None,
    metric: Literal["euclidean", "cosine"] = "euclidean",
) -> Finding:
    """Neighbours stay together in tight groups; distances between groups mean little.

    It begins with principal components; umap-learn makes the graph of exact neighbours, and the layout goes its
    steps.

    Args:
        task: the vectors.
        n_neighbors: how many points make a neighbourhood, its centre among them.
        min_dist: how close points may lie on the map.
        epochs: rounds over the graph; automatic is 500, and 200 for more than 10,000 vectors.
        metric: of the true space; the cosine compares directions alone.
    """
    beginning = begin(task, metric)
    m = len(beginning.rows)
    if m < task.dimensions + 2:
        return (yield from few(beginning, "UMAP"))
    if n_neighbors > m:
        beginning.notes.append(f"Neighbourhoods of {m} are used, for there are no more vectors.")
    rounds = rounds_of(m, epochs)
    k = min(n_neighbors, m) - 1
    found = yield from searched(beginning, k, rounds)
    points = _started(beginning, rounds)
    rate = _WARM_RATE if beginning.warm else 1.0
    graph = fuzzy_simplicial_set(found)
    layout = Layout(points, None, graph, epochs=rounds, min_dist=min_dist, rate=rate, seed=task.seed)
    for done in range(1, rounds + 1):
        layout.step()
        give_way()
        if done % _EVERY == 0:
            yield beginning.stage(points, done, rounds, "laying out the graph")
    placement = UmapMap(
        **vars(beginning.space),
        values=beginning.rows.values,
        points=points,
        k=k,
        min_dist=min_dist,
        seed=task.seed,
    )
    return Found(beginning.spread(points), placement, {"epochs": rounds, "notes": beginning.notes})


def rounds_of(count: int, epochs: int | None) -> int:
    """How many epochs are gone for so many vectors, where so many were asked for; None asks for the usual."""
    if epochs is not None:
        return epochs
    return _EPOCHS if count <= _FEW else _EPOCHS_OF_MANY


@placement
@dataclass(frozen=True, eq=False)
class UmapMap(Space):
    """A finished map (m, dimensions) of the points of a space (m, k), which do not move when more are placed.

    Where a new point lies does not depend on which came with it.
    """

    values: Vectors
    points: Doubles
    k: int
    min_dist: float
    seed: int

    def place(self, vectors: Vectors) -> Points:
        """(q, d) to (q, dimensions); a vector of the map lies where it lies there."""
        from scipy.sparse import csr_matrix

        still = np.ascontiguousarray(self.points)
        *_, found = neighbours(Space.place(self, vectors), self.k, self.values)
        positions, held = found.positions, membership_strengths(found)
        points = np.einsum("qk,qkd->qd", held / held.sum(1, keepdims=True), still[positions])
        ends = np.arange(0, positions.size + 1, self.k)
        graph: Any = csr_matrix((held.ravel(), positions.ravel(), ends), (len(points), len(still)))
        layout = Layout(
            points,
            still,
            graph,
            epochs=_PLACING_EPOCHS,
            min_dist=self.min_dist,
            rate=_PLACING_RATE,
            seed=self.seed,
        )
        for _ in range(_PLACING_EPOCHS):
            layout.step()
        known = found.distances[:, 0] == 0
        points[known] = still[positions[known, 0]]
        return np.asarray(points, np.float32)


def _started(beginning: Any, rounds: int) -> Doubles:
    """(m, dimensions) where the layout begins: components, or the start in the scale of such maps."""
    if not rounds:
        return np.array(beginning.points)
    if not beginning.warm:
        return np.asarray(beginning.jittered(_EXTENT, _NOISE))
    return np.asarray(beginning.warmed(1.0, 3 * _EXTENT, _EXTENT))
