"""Centered kernel alignment: how alike two matrices of similarities between images are."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Range
from featviz.representation.similarity.features import as_doubles, centered, same_vectors, scaled
from featviz.representation.similarity.measure import MEASURES, Doubles, Invariance, Measure
from featviz.representation.undefined import Undefined

__all__ = ["centered_gram", "cka", "cka_angular", "cka_debiased", "cka_rbf", "inner_product", "u_centered"]

_KORNBLITH = "Kornblith et al. 2019, arXiv:1905.00414"
_SONG = "Song et al. 2012, JMLR 13; Székely & Rizzo 2014, arXiv:1310.2926"
_FOR_ALL: frozenset[Invariance] = frozenset({"permutation", "orthogonal", "scaling", "translation"})
_COST = "prepare n² p and score n² operations, n² numbers kept"


@MEASURES.register("Linear CKA, biased", reference=_KORNBLITH, passes=0)
def cka() -> Measure:
    """⟨K, L⟩ / (‖K‖ ‖L‖) of the centered Gram matrices K = X Xᵀ and L = Y Yᵀ, from 0 to 1 for the same up to rotation.

    It is ‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖) as well. Independent features score about p / (n + p), near 1 with more features
    than images: values of layers of different sizes cannot be compared.

    **Libraries.** On one input 17 of 20 published code bases give this value (.489343); platonic, fsd and
    unsupervised_analysis give .489197. torch_cka and pytorch-cka estimate without bias and call it CKA all the same.
    """
    return Measure(
        prepare=_unit_gram,
        score=inner_product,
        form="square",
        bounds=(0, 1),
        invariances=_FOR_ALL,
        cost=_COST,
        needs="many more images than features, n ≫ p; use cka_debiased where that cannot be had",
        inner=True,
    )


@MEASURES.register("Linear CKA, debiased", reference=_SONG, passes=0)
def cka_debiased() -> Measure:
    """Linear CKA with the unbiased estimate of HSIC: 0 on average for independent features, 1 for the same.

    ⟨K̃, L̃⟩ / (‖K̃‖ ‖L̃‖) of the U-centered Gram matrices, whose diagonals are left out; ⟨K̃, L̃⟩ = n (n - 3) HSIC₁. From
    -1 to 1; a value below 0 is chance and is not cut off.

    **Libraries.** 4 of 5 code bases agree (.0235987; platonic .023432). pytorch-cka 1.1.3 cuts off below 0, and it and
    torch_cka center after the products, in single precision: on noise images they are off by .1 and more. Of a rotated
    copy of 64 images with 512 features repsim gives .11; the same features give 1, in any rotation.
    """
    return Measure(
        prepare=_unit_u_gram,
        score=inner_product,
        form="square",
        bounds=(-1, 1),
        invariances=_FOR_ALL,
        cost=_COST,
        needs="4 images; its spread around 0 for independent features falls as 1/n",
        inner=True,
    )


@MEASURES.register("Angular CKA distance", reference="Williams et al. 2021, arXiv:2110.14739", passes=0)
def cka_angular() -> Measure:
    """arccos of the biased linear CKA in radians, from 0 for the same up to rotation to π/2.

    A true metric: it is the angle between two centered Gram matrices, so the triangle inequality holds. As that CKA,
    it is small for independent features with more numbers than images.
    """
    return Measure(
        prepare=_unit_gram,
        score=lambda a, b: float(np.arccos(min(1.0, max(-1.0, inner_product(a, b))))),
        form="square",
        bounds=(0, float(np.pi / 2)),
        invariances=_FOR_ALL,
        cost=_COST,
        needs="many more images than features, n ≫ p",
        distance=True,
    )


@MEASURES.register("CKA with an RBF kernel", reference=_KORNBLITH, passes=0)
def cka_rbf(
    *,
    bandwidth: Annotated[float, Range(1e-3, 1e3)] = 0.5,
    unit: Literal["median", "absolute"] = "median",
    debiased: bool = False,
) -> Measure:
    """CKA of K = exp(-d² / 2σ²) for distances d between images: only nearby images count; from 0 to 1.

    **Libraries.** 17 of 20 code bases agree at σ = 1 (.894027). Where σ is a length, as in some by default, scaling the
    features changes the value; a share of the median distance does not depend on it.

    Args:
        bandwidth: σ, as a share of the median distance or as it is.
        unit: whether σ is a share of the median distance, so that scale does not matter, or a distance.
        debiased: whether HSIC is estimated without bias, as in cka_debiased; then from -1.
    """
    kernel = partial(_rbf, bandwidth=bandwidth, relative=unit == "median")
    finish = u_centered if debiased else _doubly_centered
    scaling: frozenset[Invariance] = frozenset({"scaling"} if unit == "median" else ())
    return Measure(
        prepare=lambda features: _unit(finish(kernel(features))),
        score=inner_product,
        form="square",
        bounds=(-1 if debiased else 0, 1),
        invariances=(_FOR_ALL - {"scaling"}) | scaling,
        cost=_COST,
        needs="as linear CKA; a small bandwidth needs near neighbors among the images",
        inner=True,
    )


def inner_product(a: Doubles, b: Doubles) -> float:
    """The sum of the products of two matrices' entries."""
    return float(np.vdot(a, b))


def centered_gram(features: NDArray[Any], at_least: int = 2) -> Doubles:
    """The inner products (n, n) of the centered features: centered before they are multiplied, not after.

    Raises:
        Undefined: fewer images than `at_least`, or the same features for all.
    """
    values = centered(features, at_least)
    gram: Doubles = values @ values.T
    return gram


def u_centered(kernel: Doubles) -> Doubles:
    """A symmetric (n, n) without its diagonal, every row and column summing to 0.

    Raises:
        Undefined: fewer than 4 images.
    """
    count = len(kernel)
    if count < 4:
        raise Undefined(f"4 images are needed, {count} came.", code="images")
    off = kernel - np.diag(np.diag(kernel))
    sums = off.sum(0) / (count - 2)
    off += off.sum() / ((count - 1) * (count - 2)) - sums[:, None] - sums
    np.fill_diagonal(off, 0)
    return off


def _unit_gram(features: NDArray[Any]) -> Doubles:
    return _unit(centered_gram(features))


def _unit_u_gram(features: NDArray[Any]) -> Doubles:
    return _unit(u_centered(centered_gram(features, 4)))


def _doubly_centered(kernel: Doubles) -> Doubles:
    means = kernel.mean(0)
    return np.asarray(kernel - means[:, None] - means + means.mean())


def _unit(matrix: Doubles) -> Doubles:
    """Divided by its Frobenius norm.

    Raises:
        Undefined: it is 0 but for rounding.
    """
    length = float(np.linalg.norm(matrix))
    if length <= 1e-14 * len(matrix):
        raise Undefined("all images are equally similar to each other.", code="constant")
    return matrix / length


def _rbf(features: NDArray[Any], *, bandwidth: float, relative: bool) -> Doubles:
    """exp(-d² / 2σ²) (n, n), 1 on the diagonal.

    Raises:
        Undefined: more than half of the pairs are of equal features, so that there is no median.
    """
    values = as_doubles(features, 2)
    values = scaled(values) if relative else values
    values = values - values.mean(0)
    squares = np.square(values).sum(1)
    distances = np.maximum(squares[:, None] + squares - 2 * values @ values.T, 0)
    np.fill_diagonal(distances, 0)
    width = np.median(distances) * bandwidth**2 if relative else bandwidth**2
    if not distances.any():
        raise same_vectors()
    if not width > 1e-13 * squares.max():
        raise Undefined("most images have the same features: their median distance is 0.", code="constant")
    kernel: Doubles = np.exp(-distances / (2 * width))
    return kernel
