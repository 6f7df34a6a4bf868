"""Principal components, exact: from the smaller of the two matrices of products, in double precision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.protocol import Doubles

__all__ = ["Principal", "along", "largest_entry", "principal", "upright"]

_MOST = 8192
_BLOCK = 1 << 22
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class Principal:
    """The directions in which vectors vary most.

    Attributes:
        centre: (d,) the mean.
        axes: (d, k) orthonormal columns, the largest entry of each positive; zeros beyond the rank.
        ratios: (min(n, d),) the part of the variance in each direction, largest first; zeros where there is none.
        variance: per dimension summed up, with n in the denominator.
    """

    centre: Doubles
    axes: Doubles
    ratios: Doubles
    variance: float

    @property
    def rank(self) -> int:
        """How many directions vary at all."""
        return int((self.ratios > _NEGLIGIBLE).sum())


def principal(vectors: Vectors, count: int, without: Doubles | None = None) -> Principal:
    """The first `count` principal components.

    Args:
        vectors: (n, d), n at least 1.
        count: how many; those beyond the rank are zero.
        without: (d, j) orthonormal directions to be taken out first.

    Raises:
        BadInput: n and d are both so large that this would take minutes.
    """
    n, d = vectors.shape
    if min(n, d) > _MOST:
        raise BadInput(
            f"Principal components of {n:,} vectors with {d:,} numbers each would take minutes: take at most "
            f"{_MOST:,} vectors, or pool to so many numbers.",
            code="too_large",
        )
    centre = vectors.mean(0, dtype=np.float64)
    largest = largest_entry(vectors, centre) or 1.0
    products = np.zeros((min(n, d),) * 2)
    for block in _parts(vectors, centre, largest, without):
        products += block.T @ block if d <= n else block @ block.T
    values, directions = np.linalg.eigh(products)
    values, directions = np.maximum(values[::-1], 0.0), directions[:, ::-1]
    total = float(values.sum())
    ratios = values / total if total > 0 else np.zeros_like(values)
    kept = min(count, int((ratios > _NEGLIGIBLE).sum()))
    axes = np.zeros((d, count))
    if d <= n:
        axes[:, :kept] = directions[:, :kept]
    else:
        axes[:, :kept] = _across(vectors, centre, without, directions[:, :kept])
    return Principal(centre, upright(axes), ratios, total * largest**2 / n)


def upright(axes: Doubles) -> Doubles:
    """Every column with the sign that makes its largest entry positive: the same data give the same map."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(0)[None], 0)
    turned: Doubles = axes * np.where(largest < 0, -1.0, 1.0)
    return turned


def along(vectors: Vectors, centre: Doubles, axes: Doubles) -> Vectors:
    """(v - centre) · axes for (n, d) vectors, in double precision, never with a copy of them all."""
    size = max(1, _BLOCK // vectors.shape[1])
    found = np.empty((len(vectors), axes.shape[1]), np.float32)
    for begin in range(0, len(vectors), size):
        found[begin : begin + size] = (vectors[begin : begin + size] - centre) @ axes
    return found


def largest_entry(vectors: Vectors, centre: Doubles) -> float:
    """The largest absolute number of the centred vectors."""
    return float(max((vectors.max(0) - centre).max(), (centre - vectors.min(0)).max()))


def _parts(vectors: Vectors, centre: Doubles, largest: float, without: Doubles | None) -> Iterator[Doubles]:
    """The centred vectors over their largest entry: rows where there are more of them, else columns."""
    n, d = vectors.shape
    if d <= n:
        for begin in range(0, n, max(1, _BLOCK // d)):
            part = (vectors[begin : begin + max(1, _BLOCK // d)] - centre) / largest
            yield part if without is None else part - (part @ without) @ without.T
        return
    inside = None if without is None else (vectors - centre) @ without / largest
    for begin in range(0, d, max(1, _BLOCK // n)):
        at = slice(begin, begin + max(1, _BLOCK // n))
        part = (vectors[:, at] - centre[at]) / largest
        yield part if inside is None or without is None else part - inside @ without[at].T


def _across(
    vectors: Vectors, centre: Doubles, without: Doubles | None, directions: NDArray[np.float64]
) -> Doubles:
    """Directions between n vectors as directions of their space, of length 1."""
    axes: Doubles = vectors.T @ directions - np.outer(centre, directions.sum(0))
    if without is not None:
        axes -= without @ (without.T @ axes)
    axes, _ = np.linalg.qr(axes)
    return axes
