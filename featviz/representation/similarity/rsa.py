"""Representational similarity analysis: whether the same pairs of images are far apart in both sets."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from featviz.representation.similarity.cka import inner_product
from featviz.representation.similarity.distances import (
    Dissimilarity,
    average_ranks,
    dissimilarities,
    invariances_of,
)
from featviz.representation.similarity.measure import MEASURES, Doubles, Measure

__all__ = ["rsa"]

Comparison = Literal["pearson", "spearman", "kendall", "cosine"]


@MEASURES.register(
    "RSA",
    reference="Kriegeskorte et al. 2008, doi:10.3389/neuro.06.004.2008; Nili et al. 2014",
    passes=0,
)
def rsa(*, comparison: Comparison = "spearman", dissimilarity: Dissimilarity = "correlation") -> Measure:
    """The correlation of two dissimilarity matrices over the n (n - 1) / 2 pairs of images, from -1 to 1; 0 is chance.

    The cosine of matrices of positive numbers is never below 0 and far above it for independent features.

    **Libraries.** 4 of 4 code bases agree on Spearman's correlation (-.004093) and 4 of 5 on Pearson's (.003506):
    llm_repsim takes the mean over images off first and ranks, which gives .018973.

    Args:
        comparison: Pearson's or Spearman's correlation, Kendall's tau-b, or the cosine of the two matrices.
        dissimilarity: of two images: 1 - correlation over units, 1 - cosine, or a Euclidean distance.
    """
    cost = "n² log n" if comparison == "spearman" else "n²"
    kendall = comparison == "kendall"
    return Measure(
        prepare=partial(_prepare, comparison=comparison, dissimilarity=dissimilarity),
        score=_tau if kendall else inner_product,
        form="square",
        bounds=(0 if comparison == "cosine" and dissimilarity != "correlation" else -1, 1),
        invariances=invariances_of(dissimilarity),
        cost=f"prepare n² p and score {'n² log n' if kendall else cost} operations, n² numbers kept",
        needs="3 images; two units for correlations; chance falls as 1/n",
        inner=not kendall,
    )


def _prepare(features: NDArray[Any], *, comparison: Comparison, dissimilarity: Dissimilarity) -> Doubles:
    """Dissimilarities (n, n) such that the inner product is their correlation; for Kendall's as they are.

    Raises:
        Undefined: too few images, or all are equally dissimilar.
    """
    matrix = dissimilarities(features, dissimilarity, 3)
    upper = np.triu_indices(len(matrix), 1)
    values = matrix[upper]
    if comparison == "kendall":
        return matrix
    if comparison == "spearman":
        values = average_ranks(values)
    if comparison != "cosine":
        values = values - values.mean()
    return _symmetric(values / (np.linalg.norm(values) * np.sqrt(2)), upper, len(matrix))


def _symmetric(values: Doubles, upper: tuple[NDArray[np.intp], ...], count: int) -> Doubles:
    matrix = np.zeros((count, count))
    matrix[upper] = values
    return matrix + matrix.T


def _tau(a: Doubles, b: Doubles) -> float:
    from scipy.stats import kendalltau

    upper = np.triu_indices(len(a), 1)
    return float(kendalltau(a[upper], b[upper]).statistic)
