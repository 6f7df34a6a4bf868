"""Features as the measures take them: double precision, finite, around their mean, at a size that can be squared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.representation.similarity.measure import Doubles
from featviz.representation.undefined import Undefined

__all__ = ["as_doubles", "centered", "principal", "same_vectors", "scaled"]

_ROUNDING = 1e-13


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
    values = scaled(as_doubles(features, at_least))
    values = values - values.mean(0)
    if np.abs(values).max() <= _ROUNDING:
        raise same_vectors()
    # the mean of large numbers is off by their rounding: what is left of it is taken once more
    return scaled(values - values.mean(0))


def principal(features: NDArray[Any], at_least: int = 2) -> tuple[Doubles, Doubles]:
    """The left singular vectors (n, r) of the centered features and their singular values (r,), r the rank.

    Directions that only the rounding of the features' own dtype spans are left out.

    Raises:
        Undefined: as `centered`.
    """
    given = np.asarray(features)
    precision = np.finfo(given.dtype if given.dtype.kind == "f" else np.float64).eps
    vectors, values, _ = np.linalg.svd(centered(given, at_least), full_matrices=False)
    rank = int((values > values[0] * max(given.shape) * max(precision, 1e-15)).sum())
    return vectors[:, :rank], values[:rank]
