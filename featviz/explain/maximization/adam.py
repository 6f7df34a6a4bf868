"""Climbing: Adam on a tensor of one's own, with steps that can be taken back."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from featviz.compiled import compiled

__all__ = ["Adam"]

_MOMENTS = (0.9, 0.999)
# Share of the typical gradient below which a component hardly moves. Without it Adam walks as fast where nothing
# is to be gained, and strews fine noise over the picture.
_LEAST = 0.3
_TINY = 1e-16
_Rows: TypeAlias = npt.NDArray[np.float32]


class Adam:
    """Steps upwards in the direction of steady gradients (Kingma and Ba 2015, arXiv:1412.6980).

    Args:
        leaf: where to begin; never changed.
        rate: the length of a step.
    """

    def __init__(self, leaf: Tensor, rate: float) -> None:
        self.rate, self.count = rate, 0
        self._moments = (leaf.new_zeros(leaf.shape), leaf.new_zeros(leaf.shape))
        self._compiles = leaf.device.type == "cpu" and leaf.dtype is torch.float32

    def step(self, leaf: Tensor, gradient: Tensor, pace: float = 1.0) -> Tensor:
        """The leaf one step up the gradient, a new tensor.

        Args:
            leaf: where it is.
            gradient: of what is climbed.
            pace: of this step, the rate being 1.
        """
        self.count += 1
        seen = [1 - moment**self.count for moment in _MOMENTS]
        length = self.rate * pace * seen[1] ** 0.5 / seen[0]
        if self._compiles:
            return self._compiled(leaf.detach(), gradient, length)
        first, second = self._moments
        first.lerp_(gradient, 1 - _MOMENTS[0])
        second.mul_(_MOMENTS[1]).addcmul_(gradient, gradient, value=1 - _MOMENTS[1])
        # picture by picture: one's steep gradients say nothing about the others'
        least = second.mean(tuple(range(1, second.ndim)), keepdim=True).sqrt_().mul_(_LEAST).add_(_TINY)
        return leaf.detach().addcdiv(first, second.sqrt().add_(least), value=length)

    def _compiled(self, leaf: Tensor, gradient: Tensor, length: float) -> Tensor:
        """The same by a compiled loop, which goes over memory twice instead of eight times."""
        there = torch.empty(leaf.shape)
        rows = [_rows(tensor) for tensor in (leaf, gradient, *self._moments, there)]
        compiled(_step)(*rows, np.float32(length), _MOMENTS, _LEAST, _TINY)
        return there

    def again(self) -> None:
        """Forget the past and halve the rate: after a step that led nowhere."""
        self.rate, self.count = self.rate / 2, 0
        for moment in self._moments:
            moment.zero_()


def _rows(tensor: Tensor) -> _Rows:
    """A row for each picture."""
    return tensor.contiguous().numpy().reshape(len(tensor), -1)


def _step(
    leaf: _Rows,
    gradient: _Rows,
    first: _Rows,
    second: _Rows,
    there: _Rows,
    length: np.float32,
    kept: tuple[float, float],
    share: float,
    tiny: float,
) -> None:
    """One step of Adam for each row."""
    one, two = np.float32(1 - kept[0]), np.float32(1 - kept[1])
    for n in range(len(leaf)):
        total = 0.0
        for i in range(leaf.shape[1]):
            slope = gradient[n, i]
            first[n, i] += one * (slope - first[n, i])
            second[n, i] += two * (slope * slope - second[n, i])
            total += second[n, i]
        least = np.float32(share * np.sqrt(total / leaf.shape[1]) + tiny)
        for i in range(leaf.shape[1]):
            there[n, i] = leaf[n, i] + length * first[n, i] / (np.sqrt(second[n, i]) + least)
