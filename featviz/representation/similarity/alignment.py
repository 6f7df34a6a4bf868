"""What is left of one set of features when the other is mapped onto it: by a rotation, or by any linear map."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.representation.similarity.features import centering_of, components
from featviz.representation.similarity.held_out import explained_variance, rotated_product
from featviz.representation.similarity.measure import MEASURES, Doubles, Invariance, Measure
from featviz.representation.undefined import Undefined

__all__ = ["linear_regression", "procrustes", "procrustes_angular", "procrustes_orthogonal"]

_WILLIAMS = "Schönemann 1966, doi:10.1007/BF02289451; Williams et al. 2021, arXiv:2110.14739"
_ROTATIONS: frozenset[Invariance] = frozenset({"permutation", "orthogonal", "scaling", "translation"})
_COST = "prepare n p min(n, p), score min(n, p)³ operations, n min(n, p) numbers kept"
_NEEDS = "more images than features: with fewer a rotation fits noise; see the held-out score"


@MEASURES.register("Linear regression R²", reference="Kornblith et al. 2019, arXiv:1905.00414", passes=0)
def linear_regression() -> Measure:
    """The part of b's variance that the best linear map from a explains, from 0 to 1: ‖Uᵀ Y‖² / ‖Y‖².

    U is an orthonormal basis of the centered a. Directed: a may know all of b and b little of a. Independent features
    score about p / n, and 1 with n - 1 features or more.

    **Libraries.** resi explains the first set by the second.
    """
    return Measure(
        prepare=_components,
        score=_explained,
        form="rows",
        bounds=(0, 1),
        invariances=_ROTATIONS,
        cost=_COST,
        needs="many more images than features of a, n ≫ p; see the held-out score",
        symmetric=False,
        held_out=explained_variance,
    )


@MEASURES.register("Procrustes similarity", reference=_WILLIAMS, passes=0)
def procrustes() -> Measure:
    """‖Aᵀ B‖₁ of the centered features at norm 1, the sum of singular values, from 0 to 1 for the same up to rotation.

    It is the largest ⟨A Q, B⟩ over all rotations and mirrorings Q. High for independent features of many dimensions.

    **Libraries.** 7 of 9 code bases agree (.722779); nnsrm_neurips18 gives .998895, modelsym .994499.
    """
    return _measure(_nuclear, (0, 1))


@MEASURES.register("Angular Procrustes distance", reference=_WILLIAMS, passes=0)
def procrustes_angular() -> Measure:
    """arccos of the Procrustes similarity in radians, from 0 for the same up to rotation to π/2.

    A true metric: symmetric, 0 only for the same shape, and the triangle inequality holds.
    """
    return _measure(lambda a, b: float(np.arccos(_nuclear(a, b))), (0, float(np.pi / 2)), distance=True)


@MEASURES.register("Orthogonal Procrustes distance", reference=_WILLIAMS, passes=0)
def procrustes_orthogonal(*, squared: bool = False, normalize: bool = True) -> Measure:
    """min ‖A Q - B‖ over rotations and mirrorings Q: √(‖A‖² + ‖B‖² - 2 ‖Aᵀ B‖₁), 0 for the same up to rotation.

    A true metric unless squared. From 0 to √2 at norm 1, otherwise in the features' own unit.

    **Libraries.** 7 of 9 code bases agree on the square without normalizing (34.235676).

    Args:
        squared: whether the root is left out.
        normalize: whether both are brought to norm 1 first, so that scale does not matter.
    """
    limit = (2.0 if squared else float(np.sqrt(2))) if normalize else np.inf
    score = partial(_residual, squared=squared)
    if normalize:
        return _measure(score, (0, limit), distance=True)
    return Measure(
        prepare=_unscaled_components,
        score=score,
        form="rows",
        bounds=(0, limit),
        invariances=_ROTATIONS - {"scaling"},
        cost=_COST,
        needs=_NEEDS,
        distance=True,
    )


def _measure(score: Any, bounds: tuple[float, float], distance: bool = False) -> Measure:
    return Measure(
        prepare=_unit_components,
        score=score,
        form="rows",
        bounds=bounds,
        invariances=_ROTATIONS,
        cost=_COST,
        needs=_NEEDS,
        distance=distance,
        held_out=rotated_product,
    )


def _components(features: NDArray[Any]) -> Doubles:
    """The principal components (n, r): the centered features turned to their own axes."""
    vectors, values = components(features)
    return vectors * values


def _unit_components(features: NDArray[Any]) -> Doubles:
    found = _components(features)
    return np.asarray(found / np.linalg.norm(found))


def _unscaled_components(features: NDArray[Any]) -> Doubles:
    centering = centering_of(features)
    return np.asarray(_components(features) * centering.spread * centering.size)


def _explained(a: Doubles, b: Doubles) -> float:
    """The columns of a are orthogonal, each of the length of its singular value."""
    basis = a / np.linalg.norm(a, axis=0)
    return float(min(1.0, np.square(basis.T @ b).sum() / np.square(b).sum()))


def _nuclear(a: Doubles, b: Doubles) -> float:
    return float(min(1.0, np.linalg.svd(a.T @ b, compute_uv=False).sum()))


def _residual(a: Doubles, b: Doubles, *, squared: bool) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.square(a).sum() + np.square(b).sum()
        if not np.isfinite(total):
            raise Undefined("the features are too large to be squared: normalize them.", code="size")
        left = max(0.0, float(total - 2 * np.linalg.svd(a.T @ b, compute_uv=False).sum()))
    return left if squared else float(np.sqrt(left))
