"""Features as the measures take them: double precision, finite, around their mean, at a size that can be squared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.representation.similarity.measure import Doubles
from featviz.representation.undefined import Undefined

__all__ = [
    "Centering",
    "Principal",
    "as_doubles",
    "centered",
    "centering_of",
    "principal",
    "same_vectors",
    "scaled",
]

_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class Centering:
    """What makes features centered and of scale 1: (x / size - mean) / spread.

    Attributes:
        size: their largest magnitude, so that nothing overflows.
        mean: (p,) of what is left.
        spread: the largest magnitude around it.
    """

    size: float
    mean: Doubles
    spread: float

    def __call__(self, features: NDArray[Any]) -> Doubles:
        """The same done to features (m, p) of any images."""
        return np.asarray((as_doubles(features, 1) / self.size - self.mean) / self.spread)


@dataclass(frozen=True, eq=False)
class Principal:
    """Principal components: centering(features) = (vectors * values) @ axes.

    Attributes:
        vectors: left singular vectors (n, r), r the rank.
        values: singular values (r,), largest first.
        axes: right singular vectors (r, p).
        centering: what was done to the features before.
    """

    vectors: Doubles
    values: Doubles
    axes: Doubles
    centering: Centering

    def scores(self, features: NDArray[Any]) -> Doubles:
        """Other images' features (m, p) along the axes, (m, r)."""
        return np.asarray(self.centering(features) @ self.axes.T)


def as_doubles(features: NDArray[Any], at_least: int) -> Doubles:
    """Features (n, p) in double precision.

    Raises:
        Undefined: fewer images than `at_least`, no feature, or values that are not finite.
    """
    values = np.asarray(features, np.float64)
    if values.ndim != 2 or not values.shape[1]:
        raise Undefined(f"features are an array (n, p): one of shape {values.shape} came.", code="shape")
    if len(values) < at_least:
        raise Undefined(f"{at_least} images are needed, {len(values)} came.", code="images")
    if not np.isfinite(values).all():
        raise Undefined("some features are not finite: leave those images out.", code="nan")
    return values


def scaled(values: Doubles) -> Doubles:
    """Divided by the largest magnitude, so that squares neither overflow nor vanish; zeros stay."""
    largest = float(np.abs(values).max())
    return values / largest if largest > 0 else values


def same_vectors() -> Undefined:
    """The refusal of features that are the same for every image."""
    return Undefined("every image has the same features: nothing varies.", code="constant")


def centered(features: NDArray[Any], at_least: int = 2) -> Doubles:
    """Features (n, p) at scale 1 around their mean, in double precision.

    Raises:
        Undefined: fewer images than `at_least`, or the same features for all.
    """
    return centering_of(features, at_least)(features)


def centering_of(features: NDArray[Any], at_least: int = 2) -> Centering:
    """What centers these features (n, p) and brings them to scale 1.

    Raises:
        Undefined: fewer images than `at_least`, or the same features for all.
    """
    values = as_doubles(features, at_least)
    size = float(np.abs(values).max()) or 1.0
    values = values / size
    mean = values.mean(0)
    # the mean of large numbers is off by their rounding: what is left of it is taken as well
    mean = mean + (values - mean).mean(0)
    spread = float(np.abs(values - mean).max())
    if spread <= _ROUNDING:
        raise same_vectors()
    return Centering(size, mean, spread)


def components(features: NDArray[Any], at_least: int = 2) -> tuple[Doubles, Doubles]:
    """The left singular vectors (n, r) and singular values (r,) of the centered features at scale 1, r their rank.

    Of more features than images they are those of the triangular factor, which takes a fifth of the time.

    Raises:
        Undefined: fewer images than `at_least`, or the same features for all.
    """
    values = centered(features, at_least)
    if values.shape[1] > len(values):
        values = np.asarray(np.linalg.qr(values.T, mode="r"), np.float64).T
    vectors, sizes, _ = np.linalg.svd(values, full_matrices=False)
    rank = _rank(np.asarray(sizes, np.float64), features)
    return vectors[:, :rank], sizes[:rank]


def principal(features: NDArray[Any], at_least: int = 2) -> Principal:
    """The principal components of features (n, p) with their axes, by which those of other images are found.

    Raises:
        Undefined: fewer images than `at_least`, or the same features for all.
    """
    centering = centering_of(features, at_least)
    vectors, values, axes = np.linalg.svd(centering(features), full_matrices=False)
    rank = _rank(np.asarray(values, np.float64), features)
    return Principal(vectors[:, :rank], values[:rank], axes[:rank], centering)


def _rank(values: Doubles, features: NDArray[Any]) -> int:
    """How many directions are more than the rounding of the features' own dtype."""
    given = np.asarray(features)
    precision = np.finfo(given.dtype if given.dtype.kind == "f" else np.float64).eps
    return int((values > values[0] * max(given.shape) * max(precision, 1e-15)).sum())
