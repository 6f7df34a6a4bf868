"""UMAP, drawn while it unfolds: umap-learn's graph of exact neighbours, and its layout epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from featviz.progress import yield_now
from featviz.registry import Range
from featviz.representation.embeddings import Vectors
from featviz.representation.neighbors.nearest import nearest_neighbors
from featviz.representation.projection.initialization import degenerate_map, prepare, search_neighbors
from featviz.representation.projection.out_of_sample import out_of_sample
from featviz.representation.projection.preprocessing import MetricSpace
from featviz.representation.projection.protocol import (
    Doubles,
    Points,
    ProjectionInput,
    ProjectionResult,
    ProjectionRun,
)
from featviz.representation.projection.registry import PROJECTIONS
from featviz.representation.projection.umap.fuzzy_graph import fuzzy_simplicial_set, membership_strengths
from featviz.representation.projection.umap.layout import Layout

__all__ = ["UmapMap", "epochs_for", "umap"]

_REPORT_EVERY = 10
_SMALL_DATASET, _EPOCHS_SMALL, _EPOCHS_LARGE = 10_000, 500, 200
_INITIAL_STD, _INITIAL_NOISE = 5.0, 1e-4
_WARM_RATE, _TRANSFORM_RATE, _TRANSFORM_EPOCHS = 0.25, 0.25, 100


@PROJECTIONS.register(
    "UMAP", reference="McInnes et al. 2018, arXiv:1802.03426", passes=0, lesson="embeddings/umap.md"
)
def umap(
    data: ProjectionInput,
    *,
    n_neighbors: Annotated[int, Range(2, 200)] = 15,
    min_dist: Annotated[float, Range(0, 0.99)] = 0.1,
    epochs: Annotated[int | None, Range(0, 2000)] = None,
    metric: Literal["euclidean", "cosine"] = "euclidean",
) -> ProjectionRun:
    """Neighbours stay together in tight groups; distances between groups mean little.

    It begins with principal components; umap-learn makes the graph of exact neighbours, and the layout goes its
    steps.

    Args:
        data: the vectors.
        n_neighbors: how many points make a neighbourhood, its centre among them.
        min_dist: how close points may lie on the map.
        epochs: rounds over the graph; automatic is 500, and 200 for more than 10,000 vectors.
        metric: of the true space; the cosine compares directions alone.
    """
    setup = prepare(data, metric)
    m = len(setup.unique)
    if m < data.dimensions + 2:
        return (yield from degenerate_map(setup, "UMAP"))
    if n_neighbors > m:
        setup.notes.append(f"Neighbourhoods of {m} are used, for there are no more vectors.")
    n_epochs = epochs_for(m, epochs)
    k = min(n_neighbors, m) - 1
    neighbors = yield from search_neighbors(setup, k, n_epochs)
    points = _initial_points(setup, n_epochs)
    rate = _WARM_RATE if setup.warm else 1.0
    graph = fuzzy_simplicial_set(neighbors)
    layout = Layout(points, None, graph, epochs=n_epochs, min_dist=min_dist, rate=rate, seed=data.seed)
    for done in range(1, n_epochs + 1):
        layout.step()
        yield_now()
        if done % _REPORT_EVERY == 0:
            yield setup.progress(points, done, n_epochs, "laying out the graph")
    placement = UmapMap(
        **vars(setup.space),
        values=setup.unique.values,
        points=points,
        k=k,
        min_dist=min_dist,
        seed=data.seed,
    )
    return ProjectionResult(setup.expand(points), placement, {"epochs": n_epochs, "notes": setup.notes})


def epochs_for(count: int, epochs: int | None) -> int:
    """How many epochs are gone for so many vectors, where so many were asked for; None asks for the usual."""
    if epochs is not None:
        return epochs
    return _EPOCHS_SMALL if count <= _SMALL_DATASET else _EPOCHS_LARGE


@out_of_sample("UmapMap")
@dataclass(frozen=True, eq=False)
class UmapMap(MetricSpace):
    """A finished map (m, dimensions) of the points of a space (m, k), which do not move when more are placed.

    Where a new point lies does not depend on which came with it.
    """

    values: Vectors
    points: Doubles
    k: int
    min_dist: float
    seed: int

    def transform(self, vectors: Vectors) -> Points:
        """(q, d) to (q, dimensions); a vector of the map lies where it lies there."""
        from scipy.sparse import csr_matrix

        fixed_points = np.ascontiguousarray(self.points)
        *_, neighbors = nearest_neighbors(MetricSpace.transform(self, vectors), self.k, self.values)
        positions, memberships = neighbors.positions, membership_strengths(neighbors)
        points = np.einsum(
            "qk,qkd->qd", memberships / memberships.sum(1, keepdims=True), fixed_points[positions]
        )
        indptr = np.arange(0, positions.size + 1, self.k)
        graph: Any = csr_matrix(
            (memberships.ravel(), positions.ravel(), indptr), (len(points), len(fixed_points))
        )
        layout = Layout(
            points,
            fixed_points,
            graph,
            epochs=_TRANSFORM_EPOCHS,
            min_dist=self.min_dist,
            rate=_TRANSFORM_RATE,
            seed=self.seed,
        )
        for _ in range(_TRANSFORM_EPOCHS):
            layout.step()
        known = neighbors.distances[:, 0] == 0
        points[known] = fixed_points[positions[known, 0]]
        return np.asarray(points, np.float32)


def _initial_points(setup: Any, n_epochs: int) -> Doubles:
    """(m, dimensions) where the layout begins: components, or the start in the scale of such maps."""
    if not n_epochs:
        return np.array(setup.points)
    if not setup.warm:
        return np.asarray(setup.jitter(_INITIAL_STD, _INITIAL_NOISE))
    return np.asarray(setup.rescale(1.0, 3 * _INITIAL_STD, _INITIAL_STD))
