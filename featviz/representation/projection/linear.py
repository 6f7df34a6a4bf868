"""Maps that are a look along chosen directions: principal components and, to compare with, random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from featviz.registry import Range
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.pca import along, principal
from featviz.representation.projection.placement import placement
from featviz.representation.projection.protocol import Doubles, Finding, Found, Points, Task, at_once
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["Linear", "looked_along", "pca", "random"]

_SCREE = 50


@placement
@dataclass(frozen=True, eq=False)
class Linear:
    """(v - centre) · axes: centre (d,), axes (d, dimensions)."""

    centre: Doubles
    axes: Doubles

    def place(self, vectors: Vectors) -> Points:
        """(m, d) to (m, dimensions)."""
        return along(vectors, self.centre, self.axes)


def looked_along(task: Task, placement: Linear, names: list[str], **about: Any) -> Finding:
    """The map along these axes, with the axes' names."""
    found = Found(placement.place(task.vectors), placement, {"axes": names, **about})
    return at_once(found, "done")


@PROJECTIONS.register(
    "PCA", reference="Pearson 1901, doi:10.1080/14786440109462720", passes=0, lesson="embeddings/pca.md"
)
def pca(task: Task, *, first: Annotated[int, Range(1, 50)] = 1) -> Finding:
    """The directions in which the vectors vary most, exact.

    Args:
        task: the vectors.
        first: which component the first axis shows; the others follow.
    """
    wanted = first + task.dimensions - 1
    found = principal(task.vectors, wanted)
    shares = np.zeros(wanted)
    shares[: len(found.ratios)] = found.ratios[:wanted]
    shown = range(first - 1, wanted)
    notes = [] if found.rank >= wanted else [_flat(found.rank)]
    return looked_along(
        task,
        Linear(found.centre, found.axes[:, first - 1 :]),
        [f"Component {place + 1} ({shares[place]:.1%} of the variance)" for place in shown],
        explained_variance_ratio=shares[first - 1 :].tolist(),
        scree=found.ratios[:_SCREE].tolist(),
        variance=found.variance,
        notes=notes,
    )


@PROJECTIONS.register(
    "Random projection", reference="Johnson & Lindenstrauss 1984", passes=0, lesson="embeddings/random.md"
)
def random(task: Task) -> Finding:
    """Orthogonal directions drawn at random, which have learned nothing: the baseline for all others."""
    d = task.vectors.shape[1]
    drawn = np.random.default_rng(task.seed).normal(size=(d, min(d, task.dimensions)))
    axes = np.zeros((d, task.dimensions))
    axes[:, : drawn.shape[1]] = np.linalg.qr(drawn)[0]
    names = [f"Random direction {place + 1}" for place in range(task.dimensions)]
    notes = [] if d >= task.dimensions else [_flat(d)]
    return looked_along(task, Linear(task.vectors.mean(0, dtype=np.float64), axes), names, notes=notes)


def _flat(rank: int) -> str:
    """What is to be said where there are fewer directions than axes."""
    if not rank:
        return "All vectors are the same: there is one place for all of them."
    many = "only one direction" if rank == 1 else f"only {rank} directions"
    return f"The vectors vary in {many}: the other axes show nothing."
