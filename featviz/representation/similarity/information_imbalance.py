"""Information imbalance: whether what is nearest in one set is near in the other, asked in one direction."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from featviz.representation.similarity.distances import average_ranks, dissimilarities, invariances_of
from featviz.representation.similarity.measure import MEASURES, Doubles, Measure

__all__ = ["information_imbalance"]


@MEASURES.register(
    "Information imbalance", reference="Glielmo et al. 2022, doi:10.1093/pnasnexus/pgac039", passes=0
)
def information_imbalance(*, metric: Literal["euclidean", "cosine"] = "euclidean") -> Measure:
    """2/n times the mean rank in b of each image's nearest neighbor in a: near 0 where a tells b, 1 where it does not.

    Directed: a may tell all about b and b little about a. From 2/n for the same features; ranks of ties are their mean,
    and of several nearest neighbors all count.

    Args:
        metric: what is near: Euclidean distance, or cosine.
    """
    return Measure(
        prepare=partial(_ranks, metric=metric),
        score=_imbalance,
        form="square",
        bounds=(0, 2),
        invariances=invariances_of(metric),
        cost="prepare n² (p + log n) and score n² operations, n² numbers kept",
        needs="some hundred images: one neighbor of each is looked at",
        distance=True,
        symmetric=False,
    )


def _ranks(features: NDArray[Any], *, metric: Literal["euclidean", "cosine"]) -> Doubles:
    """The rank of each image among each one's others (n, n), from 1; infinite for the image itself.

    Raises:
        Undefined: too few images, or none is nearer than others.
    """
    distances = dissimilarities(features, metric, 3)
    np.fill_diagonal(distances, np.inf)
    ranks = np.stack([average_ranks(row) for row in distances])
    np.fill_diagonal(ranks, np.inf)
    return ranks


def _imbalance(a: Doubles, b: Doubles) -> float:
    nearest = a == a.min(1, keepdims=True)
    means = np.where(nearest, b, 0).sum(1) / nearest.sum(1)
    return float(2 / len(a) * means.mean())
