"""What is left of an alignment on images that it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.similarity.features import principal
from featviz.representation.similarity.measure import Doubles, measure_of
from featviz.representation.similarity.pair import pair
from featviz.representation.undefined import Undefined

__all__ = ["canonical_correlations", "explained_variance", "held_out", "mean_of", "rotated_product"]


def held_out(
    a: Embeddings | ArrayLike, b: Embeddings | ArrayLike, measure: str, *, seed: int = 0, **options: Any
) -> float:
    """The score of an alignment on the images that it was not fitted to: each half in turn, and the mean of both.

    Near the score on all images where the alignment holds; near 0 or below where it was only fitted to noise.

    Args:
        a: embeddings, or an array (n, p), one row for each image.
        b: the same images.
        measure: the id of a measure that fits an alignment, such as cca, procrustes or linear_regression.
        seed: of the division into halves.
        options: of the measure.

    Raises:
        BadInput: the measure fits nothing, or as `similarity`.
        Undefined: a half has too few images, or nothing varies in it.
    """
    score = measure_of(measure, **options).held_out
    if score is None:
        raise BadInput(
            f"{measure} fits no alignment, so it has no held-out score: it scores all images at once.",
            code="measure",
        )
    first, second = pair(a, b)
    order = np.random.default_rng(seed).permutation(len(first))
    halves = order[::2], order[1::2]
    return float(
        np.mean([score(first[i], second[i], first[j], second[j]) for i, j in (halves, halves[::-1])])
    )


def canonical_correlations(
    a: NDArray[Any],
    b: NDArray[Any],
    a_test: NDArray[Any],
    b_test: NDArray[Any],
    *,
    power: int,
    keep: Callable[[Doubles], int] = len,
    weighted: bool = False,
) -> float:
    """The mean correlation on other images of the canonical variates of a and b; negative ones count against it.

    Args:
        a: (n, p), fitted to.
        b: (n, q), fitted to.
        a_test: (m, p) of other images.
        b_test: (m, q) of the same.
        power: 2 for squared correlations with their sign.
        keep: how many principal components count, from their singular values.
        weighted: whether by how much of a each direction accounts for.
    """
    first, second = principal(a), principal(b)
    kept_a, kept_b = keep(first.values), keep(second.values)
    turn_a, _, turn_b = np.linalg.svd(
        first.vectors[:, :kept_a].T @ second.vectors[:, :kept_b], full_matrices=False
    )
    variates_a = first.scores(a_test)[:, :kept_a] / first.values[:kept_a] @ turn_a
    variates_b = second.scores(b_test)[:, :kept_b] / second.values[:kept_b] @ turn_b.T
    weights = np.abs((turn_a.T * first.values[:kept_a]) @ first.axes[:kept_a]).sum(1) if weighted else None
    return mean_of(_correlations(variates_a, variates_b), power, weights)


def explained_variance(a: NDArray[Any], b: NDArray[Any], a_test: NDArray[Any], b_test: NDArray[Any]) -> float:
    """R² on other images of the least-squares map from a to b; below 0 it is worse than the mean.

    Where several maps fit, the one of the smallest norm is taken.

    Args:
        a: (n, p), fitted to.
        b: (n, q), fitted to.
        a_test: (m, p) of other images.
        b_test: (m, q) of the same.
    """
    first, second = principal(a), principal(b)
    target = second.centering(b_test)
    fitted = first.scores(a_test) / first.values @ (first.vectors.T @ second.vectors * second.values)
    inside = target @ second.axes.T
    outside = np.square(target).sum() - np.square(inside).sum()
    total = np.square(target - target.mean(0)).sum()
    if not total > 0:
        raise Undefined("the held-out images have the same features.", code="constant")
    return float(1 - (np.square(inside - fitted).sum() + outside) / total)


def rotated_product(a: NDArray[Any], b: NDArray[Any], a_test: NDArray[Any], b_test: NDArray[Any]) -> float:
    """⟨A Q, B⟩ / (‖A‖ ‖B‖) on other images for the rotation Q fitted to a and b, from -1 to 1.

    Args:
        a: (n, p), fitted to.
        b: (n, q), fitted to.
        a_test: (m, p) of other images.
        b_test: (m, q) of the same.
    """
    first, second = principal(a), principal(b)
    left, _, right = np.linalg.svd(
        (first.vectors * first.values).T @ (second.vectors * second.values), full_matrices=False
    )
    lengths = np.linalg.norm(first.centering(a_test)) * np.linalg.norm(second.centering(b_test))
    if not lengths > 0:
        raise Undefined("the held-out images have the same features.", code="constant")
    return float(np.vdot(first.scores(a_test) @ left @ right, second.scores(b_test)) / lengths)


def mean_of(correlations: Doubles, power: int, weights: Doubles | None = None) -> float:
    """The weighted mean of correlations of magnitude 1 at most, of their squares for power 2, with their sign."""
    inside = np.clip(correlations, -1, 1)
    return float(np.average(np.sign(inside) * np.abs(inside) ** power, weights=weights))


def _correlations(a: Doubles, b: Doubles) -> Doubles:
    """Of the columns of both, 0 where one of them is constant."""
    a, b = a - a.mean(0), b - b.mean(0)
    lengths = np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
    return np.asarray(np.divide((a * b).sum(0), lengths, out=np.zeros(a.shape[1]), where=lengths > 0))
