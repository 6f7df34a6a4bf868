"""Numbers without bounds become colours in [0, 1] that go together, and slopes of colours go back."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from featviz.compiled import compiled
from featviz.explain.maximization.image_statistics import colour_matrix
from featviz.explain.maximization.vjp import Back

__all__ = ["Palette"]

_Array: TypeAlias = npt.NDArray[np.float32]

_DARKEST = 0.02
_AT_ONCE = 1024
"""Pixels, so that what is worked on stays in the nearest cache."""


class Palette:
    """The way from numbers (N, planes, H, W) to colours in [0, 1]: colours that go together, then a sigmoid.

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

    def __call__(self, numbers: Tensor) -> tuple[Tensor, Back]:
        """The colours of numbers, and the way back."""
        if self.plain:
            colours = numbers.sigmoid()
            return colours, lambda slopes: slopes * (colours - colours.square())
        matrix = self.matrix.to(numbers)
        colours = _mixed(matrix, numbers).sigmoid_()
        return colours, partial(_back, matrix, colours)

    def inverse(self, pictures: Tensor) -> Tensor:
        """The numbers for given colours, a little off black and white, which no numbers reach."""
        opaque = torch.ones_like(pictures[:, :1])
        planes = torch.cat([pictures, opaque], 1) if self.transparent else pictures
        inside = planes.clamp(_DARKEST, 1 - _DARKEST).logit()
        # a set of grey pictures has no inverse for colours: the nearest there is
        return torch.einsum("dc,nchw->ndhw", torch.linalg.pinv(self.matrix, rtol=1e-4), inside)


def _mixed(matrix: Tensor, planes: Tensor) -> Tensor:
    """Planes (N, C, H, W) mixed by a matrix (C, C)."""
    if not _compiles(planes):
        return (matrix @ planes.flatten(2)).view_as(planes)
    found = torch.empty(planes.shape)
    flat = planes.contiguous().flatten(2).numpy()
    compiled(_mix)(flat, flat, found.flatten(2).numpy(), matrix.numpy(), False, _AT_ONCE)
    return found


def _back(matrix: Tensor, colours: Tensor, slopes: Tensor) -> Tensor:
    """From the slopes of colours to those of the numbers they were mixed from."""
    if not _compiles(colours):
        return _mixed(matrix.T, slopes * (colours - colours.square()))
    found = torch.empty(colours.shape)
    arrays = [each.contiguous().flatten(2).numpy() for each in (slopes, colours, found)]
    compiled(_mix)(*arrays, matrix.numpy(), True, _AT_ONCE)
    return found


def _compiles(planes: Tensor) -> bool:
    return planes.device.type == "cpu" and planes.dtype is torch.float32


def _mix(planes: _Array, colours: _Array, found: _Array, matrix: _Array, back: bool, at_once: int) -> None:
    """Mix planes by a matrix; on the way back through the sigmoid that made colours, by its transpose."""
    count, many, pixels = planes.shape
    parts = np.empty((many, at_once), np.float32)
    for n in range(count):
        for start in range(0, pixels, at_once):
            stop = min(start + at_once, pixels)
            for c in range(many):
                part, plane, colour = parts[c], planes[n, c, start:stop], colours[n, c, start:stop]
                for i in range(stop - start):
                    part[i] = plane[i] * (colour[i] - colour[i] * colour[i]) if back else plane[i]
            for d in range(many):
                sums = found[n, d, start:stop]
                sums[:] = 0
                for c in range(many):
                    part, share = parts[c], matrix[c, d] if back else matrix[d, c]
                    for i in range(stop - start):
                        sums[i] += share * part[i]
