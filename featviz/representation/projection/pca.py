"""Principal components, exact: scikit-learn's of the covariance, or of the Gram matrix where that is smaller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from featviz.errors import BadInput
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.protocol import Doubles

__all__ = ["PrincipalComponents", "fix_signs", "largest_entry", "principal_components", "project_onto"]

Directions = Callable[[int], Doubles]
_MAX_SIDE = 8192
_BLOCK = 1 << 22
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The directions in which vectors vary most.

    Attributes:
        center: (d,) the mean.
        axes: (d, k) orthonormal columns, the largest entry of each positive; zeros beyond the rank.
        ratios: (min(n, d),) the part of the variance in each direction, largest first; zeros where there is none.
        variance: per dimension summed up, with n in the denominator.
    """

    center: Doubles
    axes: Doubles
    ratios: Doubles
    variance: float

    @property
    def rank(self) -> int:
        """How many directions vary at all."""
        return int((self.ratios > _NEGLIGIBLE).sum())


def principal_components(vectors: Vectors, count: int, deflate: Doubles | None = None) -> PrincipalComponents:
    """The first `count` principal components.

    Args:
        vectors: (n, d), n at least 1.
        count: how many; those beyond the rank are zero.
        deflate: (d, j) orthonormal directions to be taken out first.

    Raises:
        BadInput: n and d are both so large that this would take minutes.
    """
    n, d = vectors.shape
    if min(n, d) > _MAX_SIDE:
        raise BadInput(
            f"Principal components of {n:,} vectors with {d:,} numbers each would take minutes: take at most "
            f"{_MAX_SIDE:,} vectors, or pool to so many numbers.",
            code="too_large",
        )
    center = vectors.mean(0, dtype=np.float64)
    largest = largest_entry(vectors, center) or 1.0
    centered = vectors - center
    centered /= largest
    if deflate is not None:
        centered -= (centered @ deflate) @ deflate.T
    decompose = _from_covariance if n > d and np.vdot(centered, centered) > 0 else _from_gram
    eigenvalues, directions = decompose(centered)
    total = float(eigenvalues.sum())
    ratios = eigenvalues / total if total > 0 else np.zeros_like(eigenvalues)
    rank = min(count, int((ratios > _NEGLIGIBLE).sum()))
    axes = np.zeros((d, count))
    axes[:, :rank] = directions(rank)
    return PrincipalComponents(center, fix_signs(axes), ratios, total * largest**2 / n)


def _from_covariance(centered: Doubles) -> tuple[Doubles, Directions]:
    """(d,) the sums of squares along all directions, largest first, and how to get the first of these, (d, k)."""
    from sklearn import config_context
    from sklearn.decomposition import PCA

    with config_context(assume_finite=True):
        pca = PCA(svd_solver="covariance_eigh", copy=False).fit(centered)
    return pca.explained_variance_ * (len(centered) - 1), lambda count: pca.components_[:count].T


def _from_gram(centered: Doubles) -> tuple[Doubles, Directions]:
    """The same of n vectors in no fewer dimensions, (n,): from the Gram matrix, which is smaller."""
    eigenvalues, vectors = np.linalg.eigh(centered @ centered.T)
    rows = vectors[:, ::-1]
    return np.maximum(eigenvalues[::-1], 0.0), lambda count: np.linalg.qr(centered.T @ rows[:, :count])[0]


def fix_signs(axes: Doubles) -> Doubles:
    """Every column with the sign that makes its largest entry positive: the same data give the same map."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(0)[None], 0)
    signed: Doubles = axes * np.where(largest < 0, -1.0, 1.0)
    return signed


def project_onto(vectors: Vectors, center: Doubles, axes: Doubles) -> Vectors:
    """(v - centre) · axes for (n, d) vectors, in double precision, never with a copy of them all."""
    size = max(1, _BLOCK // vectors.shape[1])
    projected = np.empty((len(vectors), axes.shape[1]), np.float32)
    for start in range(0, len(vectors), size):
        projected[start : start + size] = (vectors[start : start + size] - center) @ axes
    return projected


def largest_entry(vectors: Vectors, center: Doubles) -> float:
    """The largest absolute number of the centred vectors."""
    return float(max((vectors.max(0) - center).max(), (center - vectors.min(0)).max()))
