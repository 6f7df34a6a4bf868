"""Local measures: whether the images nearest to each image are the same in both sets."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Range
from featviz.representation.similarity.cka import inner_product
from featviz.representation.similarity.distances import (
    cosine_similarities,
    dissimilarities,
    invariances_of,
)
from featviz.representation.similarity.measure import MEASURES, Doubles, Measure
from featviz.representation.undefined import Undefined

__all__ = ["knn_jaccard", "mutual_knn", "neighbor_ranks", "rank_similarity", "second_order_cosine"]

Neighbors = Annotated[int, Range(1, 1000)]
Metric = Literal["cosine", "euclidean"]
_COST = "prepare n² (p + log n) and score n² operations, n² numbers kept"
_NEEDS = "more than k + 1 images; independent features share k / (n - 1) of their neighbors"


@MEASURES.register(
    "k-NN Jaccard similarity",
    reference="Schumacher et al. 2020, arXiv:2005.10039",
    passes=0,
)
def knn_jaccard(*, k: Neighbors = 10, metric: Metric = "cosine") -> Measure:
    """The mean over images of |A ∩ B| / |A ∪ B| for its k nearest neighbors A and B in both sets, from 0 to 1.

    **Libraries.** resi agrees (.214881); llm_repsim takes the mean over images off first, which gives .184422.

    Args:
        k: how many neighbors, the image itself not among them.
        metric: cosine, of the features as they are and not around their mean, or Euclidean distance.
    """
    return _measure(partial(_adjacency, k=k, metric=metric), partial(_jaccard, k=k), metric)


@MEASURES.register("Mutual k-NN", reference="Huh et al. 2024, arXiv:2405.07987", passes=0)
def mutual_knn(*, k: Neighbors = 10, metric: Metric = "cosine") -> Measure:
    """The mean over images of |A ∩ B| / k for its k nearest neighbors A and B in both sets, from 0 to 1.

    Args:
        k: how many neighbors, the image itself not among them.
        metric: cosine, of the features as they are and not around their mean, or Euclidean distance.
    """

    def prepare(features: NDArray[Any]) -> Doubles:
        found = _adjacency(features, k=k, metric=metric)
        return np.asarray(found / np.sqrt(found.sum()))

    return _measure(prepare, inner_product, metric, inner=True)


@MEASURES.register(
    "Second-order cosine similarity", reference="Hamilton et al. 2016, arXiv:1606.02821", passes=0
)
def second_order_cosine(
    *, k: Neighbors = 10, of: Literal["similarity", "distance"] = "similarity"
) -> Measure:
    """The mean over images of the cosine between its similarities in both sets to its neighbors in either, -1 to 1.

    Near 1 wherever all cosines are, as in features that are never negative: compare it with its null.

    **Libraries.** resi compares cosine distances, which gives .923045 where similarities give .993169.

    Args:
        k: how many neighbors of each set, by cosine.
        of: whether cosine similarities are compared, as in the paper, or cosine distances, as in some code.
    """
    return _measure(
        partial(_similarities_and_neighbors, k=k, distance=of == "distance"), _second_order, "cosine", low=-1
    )


@MEASURES.register("Rank similarity", reference="Wang et al. 2022, IEEE TKDE 34(2)", passes=0)
def rank_similarity(*, k: Neighbors = 10, metric: Metric = "cosine") -> Measure:
    """The mean over images of how equal the ranks r, s of its common neighbors are, near ones counting more; 0 to 1.

    Σ 2 / ((1 + |r - s|) (r + s)) over the m neighbors among the k nearest in both sets, divided by 1 + 1/2 + ... + 1/m;
    0 where there are none.

    Args:
        k: how many neighbors, the image itself not among them.
        metric: cosine, of the features as they are and not around their mean, or Euclidean distance.
    """
    return _measure(partial(neighbor_ranks, k=k, metric=metric), partial(_rank_similarity, k=k), metric)


def neighbor_ranks(features: NDArray[Any], *, k: int, metric: Metric) -> Doubles:
    """The rank of each image among each one's neighbors (n, n): 1 is the nearest, 0 the image itself.

    Of equally near ones the earlier in the set comes first.

    Raises:
        Undefined: all other images would be neighbors, or all have the same features.
    """
    distances = dissimilarities(features, metric, k + 2)
    np.fill_diagonal(distances, -1)
    order = np.argsort(distances, axis=1, kind="stable")
    ranks = np.empty(order.shape)
    np.put_along_axis(ranks, order, np.arange(float(len(order)))[None], axis=1)
    return ranks


def _measure(prepare: Any, score: Any, metric: Metric, *, inner: bool = False, low: float = 0) -> Measure:
    return Measure(
        prepare=prepare,
        score=score,
        form="square",
        bounds=(low, 1),
        invariances=invariances_of(metric),
        cost=_COST,
        needs=_NEEDS,
        inner=inner,
    )


def _adjacency(features: NDArray[Any], *, k: int, metric: Metric) -> Doubles:
    """1 where the column's image is one of the row's k nearest neighbors."""
    return _among(neighbor_ranks(features, k=k, metric=metric), k).astype(np.float64)


def _among(ranks: Doubles, k: int) -> NDArray[np.bool_]:
    return (ranks > 0) & (ranks <= k)


def _jaccard(a: Doubles, b: Doubles, *, k: int) -> float:
    common = (a * b).sum(1)
    return float((common / (2 * k - common)).mean())


def _similarities_and_neighbors(features: NDArray[Any], *, k: int, distance: bool) -> Doubles:
    """(2, n, n): cosines, and the neighbors."""
    cosines = cosine_similarities(features, k + 2)
    return np.stack([1 - cosines if distance else cosines, _adjacency(features, k=k, metric="cosine")])


def _second_order(a: Doubles, b: Doubles) -> float:
    """An image without similarities to its neighbors, all 0, has none to compare and is left out.

    Raises:
        Undefined: no image has any.
    """
    either = np.maximum(a[1], b[1])
    first, second = a[0] * either, b[0] * either
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    present = lengths > 0
    if not present.any():
        raise Undefined("no image is similar to its neighbors at all.", code="constant")
    return float(((first * second).sum(1)[present] / lengths[present]).mean())


def _rank_similarity(a: Doubles, b: Doubles, *, k: int) -> float:
    common = _among(a, k) & _among(b, k)
    harmonic = np.concatenate([[1.0], np.cumsum(1 / np.arange(1, k + 1))])
    terms = np.where(common, 2 / ((1 + np.abs(a - b)) * np.maximum(a + b, 1)), 0)
    return float((terms.sum(1) / harmonic[common.sum(1)]).mean())
