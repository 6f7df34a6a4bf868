"""Principal components, exact: from the smaller of the two matrices of products, in double precision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.protocol import Doubles

__all__ = ["PrincipalComponents", "fix_signs", "largest_entry", "principal_components", "project_onto"]

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
    gram = np.zeros((min(n, d),) * 2)
    for block in _centered_blocks(vectors, center, largest, deflate):
        gram += block.T @ block if d <= n else block @ block.T
    eigenvalues, eigenvectors = np.linalg.eigh(gram)
    eigenvalues, eigenvectors = np.maximum(eigenvalues[::-1], 0.0), eigenvectors[:, ::-1]
    total = float(eigenvalues.sum())
    ratios = eigenvalues / total if total > 0 else np.zeros_like(eigenvalues)
    rank = min(count, int((ratios > _NEGLIGIBLE).sum()))
    axes = np.zeros((d, count))
    if d <= n:
        axes[:, :rank] = eigenvectors[:, :rank]
    else:
        axes[:, :rank] = _from_gram(vectors, center, deflate, eigenvectors[:, :rank])
    return PrincipalComponents(center, fix_signs(axes), ratios, total * largest**2 / n)


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


def _centered_blocks(
    vectors: Vectors, center: Doubles, largest: float, deflate: Doubles | None
) -> Iterator[Doubles]:
    """The centred vectors over their largest entry: rows where there are more of them, else columns."""
    n, d = vectors.shape
    if d <= n:
        for start in range(0, n, max(1, _BLOCK // d)):
            block = (vectors[start : start + max(1, _BLOCK // d)] - center) / largest
            yield block if deflate is None else block - (block @ deflate) @ deflate.T
        return
    deflated = None if deflate is None else (vectors - center) @ deflate / largest
    for start in range(0, d, max(1, _BLOCK // n)):
        columns = slice(start, start + max(1, _BLOCK // n))
        block = (vectors[:, columns] - center[columns]) / largest
        yield block if deflated is None or deflate is None else block - deflated @ deflate[columns].T


def _from_gram(
    vectors: Vectors, center: Doubles, deflate: Doubles | None, directions: NDArray[np.float64]
) -> Doubles:
    """Eigenvectors of the Gram matrix (n, n) to unit directions (d, k) of the vectors' space."""
    axes: Doubles = vectors.T @ directions - np.outer(center, directions.sum(0))
    if deflate is not None:
        axes -= deflate @ (deflate.T @ axes)
    axes, _ = np.linalg.qr(axes)
    return axes
