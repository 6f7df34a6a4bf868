"""Numbers without bounds become colours in [0, 1] that go together, and slopes of colours go back."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from featviz.compiled import compiled
from featviz.explain.maximization.statistics import colour_matrix

__all__ = ["Palette"]

_Array: TypeAlias = npt.NDArray[np.float32]

_DARKEST = 0.02
_AT_ONCE = 1024
"""Pixels, so that what is worked on stays in the nearest cache."""


class Palette:
    """Numbers (N, planes, H, W) -> colours in [0, 1]: colours that go together, then a sigmoid.

    Args:
        channels: colours of a picture, 3 or 1.
        colours: the image set whose colours go together as these should, or "none".
        transparent: whether a plane more says how opaque each place is.
    """

    def __init__(self, channels: int, colours: str, *, transparent: bool = False) -> None:
        self.plain = colours == "none" or channels != 3
        self.matrix = torch.eye(channels + transparent)
        if not self.plain:
            self.matrix[:3, :3] = colour_matrix(colours)
        self.transparent = transparent

    def __call__(self, numbers: Tensor) -> Tensor:
        """The colours of numbers."""
        if self.plain:
            return numbers.sigmoid()
        colours: Tensor = _Colours.apply(numbers, self.matrix.to(numbers))
        return colours

    def inverse(self, pictures: Tensor) -> Tensor:
        """The numbers for given colours, a little off black and white, which no numbers reach."""
        opaque = torch.ones_like(pictures[:, :1])
        planes = torch.cat([pictures, opaque], 1) if self.transparent else pictures
        inside = planes.clamp(_DARKEST, 1 - _DARKEST).logit()
        # a set of grey pictures has no inverse for colours: the nearest there is
        return torch.einsum("dc,nchw->ndhw", torch.linalg.pinv(self.matrix, rtol=1e-4), inside)


class _Colours(torch.autograd.Function):
    """The sigmoid of mixed planes; by hand the way back takes a third of the time."""

    @staticmethod
    def forward(ctx: Any, numbers: Tensor, matrix: Tensor) -> Tensor:
        colours = _mixed(matrix, numbers.detach()).sigmoid_()
        ctx.save_for_backward(colours, matrix)
        return colours

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        colours, matrix = ctx.saved_tensors
        if colours.device.type != "cpu" or colours.dtype is not torch.float32:
            return _mixed(matrix.T, slopes[0] * (colours - colours.square())), None
        found = torch.zeros_like(colours)
        arrays = [each.contiguous().flatten(2).numpy() for each in (slopes[0], colours, found)]
        compiled(_back)(*arrays, matrix.numpy(), _AT_ONCE)
        return found, None


def _mixed(matrix: Tensor, planes: Tensor) -> Tensor:
    """Planes (N, C, H, W) mixed by a matrix (C, C), laid out as they were, which einsum would not keep."""
    return (matrix @ planes.flatten(2)).view_as(planes)


def _back(slopes: _Array, colours: _Array, found: _Array, matrix: _Array, at_once: int) -> None:
    """From the slopes of colours to those of the numbers they were mixed from."""
    count, many, pixels = slopes.shape
    part = np.empty(at_once, np.float32)
    for n in range(count):
        for start in range(0, pixels, at_once):
            stop = min(start + at_once, pixels)
            for c in range(many):
                slope, colour = slopes[n, c, start:stop], colours[n, c, start:stop]
                for i in range(stop - start):
                    part[i] = slope[i] * (colour[i] - colour[i] * colour[i])
                for d in range(many):
                    share, sums = matrix[c, d], found[n, d, start:stop]
                    for i in range(stop - start):
                        sums[i] += share * part[i]
