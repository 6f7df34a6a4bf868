"""The Gram matrix of a layer's whole outputs, built while they come, batch by batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from featviz.representation.similarity.measure import Doubles
from featviz.representation.undefined import Undefined

__all__ = ["GramAccumulator"]

_CHUNK = 8192
"""Numbers of an image whose products are summed in single precision; the sums of these are doubles."""
_FIRST = 32
"""Images whose mean is near enough to that of all."""
_CONSTANT = 1e-13
Floats = NDArray[np.float32]


class GramAccumulator:
    """Inner products of the vectors of n images about a point near their mean, taken off before multiplying.

    What is left of the mean is taken off exactly by centering the finished matrix. In single precision without the
    first step the mean's square would swallow the differences.

    Args:
        count: n.
    """

    def __init__(self, count: int) -> None:
        self.gram: Doubles = np.full((count, count), np.nan)
        self.dimensions = 0
        self._shift: Floats | None = None
        self._factor = np.float32(1)
        self._kept: list[tuple[NDArray[np.int64], Floats]] = []

    def add(self, positions: NDArray[np.int64], output: Tensor, *, keep: bool) -> None:
        """Take in a layer's outputs for a batch.

        Args:
            positions: (b,) of the images.
            output: (b, ...); not kept itself.
            keep: whether other batches follow, which need these vectors.
        """
        vectors = output.flatten(1).float().cpu().numpy()
        self.dimensions = vectors.shape[1]
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # an image that is not finite spoils its own row alone
            moved = self._moved(vectors)
            self.gram[np.ix_(positions, positions)] = _products(moved, moved)
            for others, kept in self._kept:
                products = _products(moved, kept)
                self.gram[np.ix_(positions, others)] = products
                self.gram[np.ix_(others, positions)] = products.T
        if keep:
            self._kept.append((positions, moved))

    def _moved(self, vectors: Floats) -> Floats:
        """A copy around the mean of the first images, at a scale whose squares are singles."""
        if self._shift is None:
            self._look_at(vectors)
        moved: Floats = vectors.copy() if self._shift is None else vectors - self._shift
        if self._factor != 1.0:
            moved *= self._factor
        return moved

    def _look_at(self, vectors: Floats) -> None:
        first = vectors[:_FIRST]
        finite = first[np.isfinite(first).all(1)]
        if len(finite):
            self._shift = finite.mean(0, dtype=np.float64).astype(np.float32)
            largest = float(np.abs(finite - self._shift).max())
            self._factor = np.float32(1 if not largest or 1e-12 < largest < 1e12 else 1 / largest)

    def forget(self) -> None:
        """Drop the vectors that were kept: all batches have come."""
        self._kept.clear()

    @property
    def is_finite(self) -> NDArray[np.bool_]:
        """(n,) whether an image has come and all of its numbers are finite."""
        return np.isfinite(np.diagonal(self.gram))

    def centered(self, chosen: NDArray[np.int64]) -> Doubles | Undefined:
        """The centered Gram matrix of chosen images at Frobenius norm 1, as `cka` prepares it; or why there is none."""
        gram = self.gram[np.ix_(chosen, chosen)]
        shift = (
            0.0
            if self._shift is None
            else float(np.square(self._shift * self._factor, dtype=np.float64).sum())
        )
        scale = float(np.trace(gram)) + len(chosen) * shift
        means = gram.mean(0)
        gram -= means
        gram -= means[:, None] - means.mean()
        if float(np.trace(gram)) <= _CONSTANT * scale:
            return Undefined("every image has the same features: nothing varies.", code="constant")
        gram /= np.linalg.norm(gram)
        return gram


def _products(a: Floats, b: Floats) -> Doubles:
    total = np.zeros((len(a), len(b)))
    for begin in range(0, a.shape[1], _CHUNK):
        first = a[:, begin : begin + _CHUNK]
        second = first if a is b else b[:, begin : begin + _CHUNK]
        total += first @ second.T
    return total
