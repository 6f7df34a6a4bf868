"""Linear maps, along chosen directions: principal components and, to compare with, random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from featviz.registry import Range
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.out_of_sample import out_of_sample
from featviz.representation.projection.pca import principal_components, project_onto
from featviz.representation.projection.protocol import (
    Doubles,
    Points,
    ProjectionInput,
    ProjectionResult,
    ProjectionRun,
    single_step,
)
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["Linear", "linear_map", "pca", "random"]

_SCREE = 50


@out_of_sample("Linear")
@dataclass(frozen=True, eq=False)
class Linear:
    """(v - centre) · axes: centre (d,), axes (d, dimensions)."""

    center: Doubles
    axes: Doubles

    def transform(self, vectors: Vectors) -> Points:
        """(m, d) to (m, dimensions)."""
        return project_onto(vectors, self.center, self.axes)


def linear_map(data: ProjectionInput, placement: Linear, names: list[str], **about: Any) -> ProjectionRun:
    """The map along these axes, with the axes' names."""
    result = ProjectionResult(placement.transform(data.vectors), placement, {"axes": names, **about})
    return single_step(result, "done")


@PROJECTIONS.register(
    "PCA", reference="Pearson 1901, doi:10.1080/14786440109462720", passes=0, lesson="embeddings/pca.md"
)
def pca(data: ProjectionInput, *, first: Annotated[int, Range(1, 50)] = 1) -> ProjectionRun:
    """The directions in which the vectors vary most, exact.

    Args:
        data: the vectors.
        first: which component the first axis shows; the others follow.
    """
    last = first + data.dimensions - 1
    components = principal_components(data.vectors, last)
    shares = np.zeros(last)
    shares[: len(components.ratios)] = components.ratios[:last]
    shown = range(first - 1, last)
    notes = [] if components.rank >= last else [_rank_note(components.rank)]
    return linear_map(
        data,
        Linear(components.center, components.axes[:, first - 1 :]),
        [f"Component {index + 1} ({shares[index]:.1%} of the variance)" for index in shown],
        explained_variance_ratio=shares[first - 1 :].tolist(),
        scree=components.ratios[:_SCREE].tolist(),
        variance=components.variance,
        notes=notes,
    )


@PROJECTIONS.register(
    "Random projection", reference="Johnson & Lindenstrauss 1984", passes=0, lesson="embeddings/random.md"
)
def random(data: ProjectionInput) -> ProjectionRun:
    """Orthogonal directions drawn at random, which have learned nothing: the baseline for all others."""
    d = data.vectors.shape[1]
    drawn = np.random.default_rng(data.seed).normal(size=(d, min(d, data.dimensions)))
    axes = np.zeros((d, data.dimensions))
    axes[:, : drawn.shape[1]] = np.linalg.qr(drawn)[0]
    names = [f"Random direction {index + 1}" for index in range(data.dimensions)]
    notes = [] if d >= data.dimensions else [_rank_note(d)]
    return linear_map(data, Linear(data.vectors.mean(0, dtype=np.float64), axes), names, notes=notes)


def _rank_note(rank: int) -> str:
    """What is to be said where there are fewer directions than axes."""
    if not rank:
        return "All vectors are the same: they share one position."
    directions = "only one direction" if rank == 1 else f"only {rank} directions"
    return f"The vectors vary in {directions}: the other axes show nothing."
