"""Canonical correlation analysis: whether the same directions over the images can be read from both sets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Range
from featviz.representation.similarity.features import centered, components
from featviz.representation.similarity.held_out import canonical_correlations, mean_of
from featviz.representation.similarity.measure import MEASURES, Doubles, Invariance, Measure

__all__ = ["cca", "mean_cca", "pwcca", "svcca"]

_KORNBLITH = "Hotelling 1936; Kornblith et al. 2019, arXiv:1905.00414"
_ROTATIONS: frozenset[Invariance] = frozenset({"permutation", "orthogonal", "scaling", "translation"})
_COST = "prepare n p min(n, p), score min(n, p)³ operations, n min(n, p) numbers kept"
_NEEDS = "n > p + q + 1: with fewer images some correlations are 1 whatever the features are"


@MEASURES.register("Mean CCA correlation", reference=_KORNBLITH, passes=0)
def mean_cca() -> Measure:
    """The mean of the canonical correlations ρ, min(rank X, rank Y) of them, from 0 to 1 for the same span.

    ρ are the singular values of Uᵀ V for orthonormal bases U, V of the centered features: 1 for the same up to any
    invertible map, and some are 1 whatever the features are where p + q is n or more.

    **Libraries.** 5 of 6 code bases agree (.890105); pyrcca gives .024349.
    """
    return _measure(_basis, partial(_mean, power=1), _ROTATIONS | {"invertible"}, power=1)


@MEASURES.register("Mean squared CCA correlation", reference=_KORNBLITH, passes=0)
def cca() -> Measure:
    """The mean of the squared canonical correlations ρ², R² of CCA, from 0 to 1 for the same span.

    Σ ρ² / min(rank X, rank Y) = ‖Uᵀ V‖² / min(rank X, rank Y). Independent features score about max(p, q) / n.

    **Libraries.** All 5 code bases agree (.858300). The notebook of the paper does not take the mean off, and gives
    .543124 where it is .545396.
    """
    return _measure(_basis, partial(_mean, power=2), _ROTATIONS | {"invertible"}, power=2)


@MEASURES.register("SVCCA", reference="Raghu et al. 2017, arXiv:1706.05806", passes=0)
def svcca(
    *,
    variance: Annotated[float, Range(0.01, 1)] = 0.99,
    dimensions: Annotated[int, Range(0, 10_000)] = 0,
    squared: bool = False,
) -> Measure:
    """CCA of the principal components that hold most of the variance, so that small noise does not count; 0 to 1.

    **Libraries.** With 10 components 5 of 6 code bases agree (.537974), with 99% of the variance 5 of 7 (.783181;
    pyrcca -.003579, resi .113169), with 95 % 3 of 6.

    Args:
        variance: the share of the variance that the kept components hold at least.
        dimensions: keep so many components instead; 0 to go by variance.
        squared: whether the mean is of ρ² instead of ρ.
    """
    keep = partial(_kept, variance=variance, dimensions=dimensions)
    power = 2 if squared else 1
    return _measure(
        lambda features: _basis(features, keep), partial(_mean, power=power), _ROTATIONS, power, keep
    )


@MEASURES.register("PWCCA", reference="Morcos et al. 2018, arXiv:1806.05759", passes=0)
def pwcca() -> Measure:
    """The canonical correlations weighted by how much of a each direction accounts for: Σ αᵢ ρᵢ / Σ αᵢ, 0 to 1.

    αᵢ = Σⱼ |⟨hᵢ, xⱼ⟩| for the canonical variates hᵢ and the centered units xⱼ of the first set: the order of the sets
    matters, and so does a rotation of the first. Where several ρ are equal, as with p + q above n, the features do not
    determine their hᵢ, nor therefore the value.

    **Libraries.** For one input of 30 images with 25 features each 4 code bases give .958854 and sim_metric .893341;
    there the features determine neither, and the first weighs otherwise.
    """
    return Measure(
        prepare=_basis_and_units,
        score=_projection_weighted,
        form="rows",
        bounds=(0, 1),
        invariances=frozenset({"permutation", "scaling", "translation"}),
        cost="prepare n p min(n, p), score min(n, p)² (p + min(n, p)) operations, n (p + min(n, p)) numbers kept",
        needs=_NEEDS,
        symmetric=False,
        held_out=partial(canonical_correlations, power=1, weighted=True),
    )


def _measure(
    prepare: Callable[[NDArray[Any]], Doubles],
    score: Callable[[Doubles, Doubles], float],
    invariances: frozenset[Invariance],
    power: int,
    keep: Callable[[Doubles], int] = len,
) -> Measure:
    return Measure(
        prepare=prepare,
        score=score,
        form="rows",
        bounds=(0, 1),
        invariances=invariances,
        cost=_COST,
        needs=_NEEDS,
        held_out=partial(canonical_correlations, power=power, keep=keep),
    )


def _basis(features: NDArray[Any], keep: Callable[[Doubles], int] = len) -> Doubles:
    """The left singular vectors (n, r) that are kept, orthonormal."""
    vectors, values = components(features)
    return vectors[:, : keep(values)]


def _kept(values: Doubles, *, variance: float, dimensions: int) -> int:
    """How many of the components with these singular values are kept, at least 1."""
    if dimensions:
        return min(dimensions, len(values))
    shares = np.cumsum(np.square(values)) / np.square(values).sum()
    return min(len(values), int(np.searchsorted(shares, variance * (1 - 1e-12))) + 1)


def _mean(a: Doubles, b: Doubles, *, power: int) -> float:
    products: Doubles = a.T @ b
    return mean_of(np.asarray(np.linalg.svd(products, compute_uv=False), np.float64), power)


def _basis_and_units(features: NDArray[Any]) -> Doubles:
    """The orthonormal basis, filled up with zeros to min(n, p) columns, and beside it the centered units (n, p)."""
    units = centered(features)
    vectors, _ = components(features)
    missing = min(units.shape) - vectors.shape[1]
    return np.hstack([np.pad(vectors, ((0, 0), (0, missing))), units])


def _halves(prepared: Doubles) -> tuple[Doubles, Doubles]:
    """Basis and units: of p units there are min(n, p) and p columns."""
    images, columns = prepared.shape
    first = columns // 2 if columns <= 2 * images else images
    return prepared[:, :first], prepared[:, first:]


def _projection_weighted(a: Doubles, b: Doubles) -> float:
    (basis_a, units), (basis_b, _) = _halves(a), _halves(b)
    products: Doubles = basis_a.T @ basis_b
    turned, correlations, _ = np.linalg.svd(products, full_matrices=False)
    weights = np.abs(turned.T @ (basis_a.T @ units)).sum(1)
    return mean_of(correlations, 1, weights)
