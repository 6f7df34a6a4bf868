"""The Gram matrix of a layer's whole outputs, built while they come, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from featviz.representation.similarity.cka import u_centered
from featviz.representation.similarity.measure import Doubles
from featviz.representation.undefined import Undefined

__all__ = ["GramAccumulator"]

_CHUNK = 8192
"""Numbers of an image whose products are summed in single precision; the sums of these are doubles."""
_FIRST = 32
"""Images whose mean is near enough to that of all."""
_CONSTANT = 1e-13
_FEWEST = 4
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
        self._channels_last = False
        self._kept: list[tuple[NDArray[np.int64], Floats]] = []

    def add(self, positions: NDArray[np.int64], output: Tensor, *, keep: bool) -> None:
        """Take in a layer's outputs for a batch.

        Args:
            positions: (b,) of the images.
            output: (b, ...); not kept itself.
            keep: whether other batches follow, which need these vectors.
        """
        if not self.dimensions:
            self._channels_last = output.ndim == 4 and not output.is_contiguous()
        vectors = self._vectors(output)
        self.dimensions = vectors.shape[1]
        if self._shift is None:
            self._look_at(vectors)
        self.gram[np.ix_(positions, positions)] = self._products(vectors, vectors)
        for others, kept in self._kept:
            products = self._products(vectors, kept)
            self.gram[np.ix_(positions, others)] = products
            self.gram[np.ix_(others, positions)] = products.T
        if keep:
            self._kept.append((positions, vectors.copy()))

    def _vectors(self, output: Tensor) -> Floats:
        """(b, p), in the order in which maps lie in memory, which no inner product depends on: nothing is copied."""
        ordered = output.permute(0, 2, 3, 1) if self._channels_last else output
        return np.asarray(ordered.flatten(1).float().cpu().numpy())

    def _look_at(self, vectors: Floats) -> None:
        """Choose what to take off and by what to divide, so that squares are singles."""
        finite = vectors[np.isfinite(vectors[:, 0])][:_FIRST]
        finite = finite[np.isfinite(finite).all(1)]
        if len(finite):
            self._shift = finite.mean(0, dtype=np.float64).astype(np.float32)
            largest = float(np.abs(finite - self._shift).max())
            self._factor = np.float32(1 if not largest or 1e-12 < largest < 1e12 else 1 / largest)

    def _products(self, a: Floats, b: Floats) -> Doubles:
        """Inner products of all rows, a few columns at a time: what is taken off stays in the processor's cache."""
        total = np.zeros((len(a), len(b)))
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # what is not finite spoils the rows of its image alone
            for begin in range(0, a.shape[1], _CHUNK):
                columns = slice(begin, begin + _CHUNK)
                first = self._moved(a, columns)
                second = first if a is b else self._moved(b, columns)
                total += first @ second.T
        return total

    def _moved(self, vectors: Floats, columns: slice) -> Floats:
        moved = vectors[:, columns]
        if self._shift is not None:
            moved = moved - self._shift[columns]
        return moved if self._factor == 1 else moved * self._factor

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
        scale = float(np.trace(gram)) + len(chosen) * self._taken_off
        means = gram.mean(0)
        gram -= means
        gram -= means[:, None] - means.mean()
        if float(np.trace(gram)) <= _CONSTANT * scale:
            return Undefined("every image has the same features: nothing varies.", code="constant")
        gram /= np.linalg.norm(gram)
        return gram

    def centered_in_batches(self, batches: Sequence[NDArray[np.int64]]) -> Doubles | Undefined:
        """The U-centered Gram matrices of batches of images along one diagonal, at Frobenius norm 1.

        Inner products of two of these are minibatch CKA.

        Args:
            batches: rows of the result, and the images they stand for, are numbered from the first of the first.
        """
        chosen = np.concatenate(batches)
        gram, begin = np.zeros((len(chosen), len(chosen))), 0
        for positions in batches:
            if len(positions) >= _FEWEST:
                rows = slice(begin, begin + len(positions))
                gram[rows, rows] = u_centered(self.gram[np.ix_(positions, positions)])
            begin += len(positions)
        length = float(np.linalg.norm(gram))
        if length <= _CONSTANT * len(chosen) * self._taken_off:
            return Undefined("no batch holds images whose features vary.", code="constant")
        return gram / length

    @property
    def _taken_off(self) -> float:
        """The square of what was taken off, which tells what rounding is."""
        if self._shift is None:
            return 0.0
        return float(np.square(self._shift * self._factor, dtype=np.float64).sum())
