"""How far the images of one set are from each other: the (n, n) that local and dissimilarity measures begin with."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from featviz.representation.similarity.features import as_doubles, centered, scaled
from featviz.representation.similarity.measure import Doubles, Invariance
from featviz.representation.undefined import Undefined

__all__ = ["Dissimilarity", "average_ranks", "cosine_similarities", "dissimilarities", "invariances_of"]

Dissimilarity = Literal["correlation", "cosine", "euclidean", "squared_euclidean"]
_ROUNDING = 1e-13
_DECIMALS = 13


def invariances_of(dissimilarity: Dissimilarity) -> frozenset[Invariance]:
    """What changes no order of these dissimilarities."""
    if dissimilarity == "correlation":
        return frozenset({"permutation", "scaling"})
    if dissimilarity == "cosine":
        return frozenset({"permutation", "orthogonal", "scaling"})
    return frozenset({"permutation", "orthogonal", "scaling", "translation"})


def dissimilarities(features: NDArray[Any], dissimilarity: Dissimilarity, at_least: int) -> Doubles:
    """Of each image to each other (n, n), 0 on the diagonal; equal ones are equal to the last digit.

    1 - cosine, 1 - correlation over the units, or a distance divided by the largest unit around the mean. An image
    whose features are all 0 (cosine) or all the same (correlation) has dissimilarity 1 to all others.

    Raises:
        Undefined: fewer images than `at_least`, or all are equally far from each other.
    """
    if dissimilarity in ("correlation", "cosine"):
        found = 1 - cosine_similarities(features, at_least, around_mean=dissimilarity == "correlation")
    else:
        found = _squared_distances(centered(features, at_least))
    others = found[~np.eye(len(found), dtype=bool)]
    if not np.ptp(others) > 0:
        raise Undefined("all images are equally far from each other.", code="constant")
    np.fill_diagonal(found, 0)
    return np.sqrt(found) if dissimilarity == "euclidean" else found


def cosine_similarities(features: NDArray[Any], at_least: int, around_mean: bool = False) -> Doubles:
    """The cosine between each two images' features (n, n), 0 for an image whose features are all 0.

    Args:
        features: (n, p).
        at_least: how many images are needed.
        around_mean: whether each image's mean over the units is taken off first, for Pearson's correlation.

    Raises:
        Undefined: fewer images than `at_least`.
    """
    values = scaled(as_doubles(features, at_least))
    sizes = np.abs(values).max(1, keepdims=True)
    values = np.divide(values, sizes, out=np.zeros_like(values), where=sizes > 0)
    if around_mean:
        values = values - values.mean(1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    directions = np.divide(values, lengths, out=np.zeros_like(values), where=lengths > _ROUNDING)
    return np.asarray(np.clip(_settled(directions @ directions.T), -1, 1))


def average_ranks(values: Doubles) -> Doubles:
    """The rank of each of m numbers among them (m,), from 1; equal ones share the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(sizes) - (sizes - 1) / 2)[group])


def _squared_distances(values: Doubles) -> Doubles:
    squares = np.square(values).sum(1)
    largest = squares.max()
    found = _settled((squares[:, None] + squares - 2 * values @ values.T) / largest)
    return np.asarray(np.maximum(found, 0) * largest)


def _settled(matrix: Doubles) -> Doubles:
    """Without the rounding of products of size 1, so that what is equal ties."""
    return np.round((matrix + matrix.T) / 2, _DECIMALS)
