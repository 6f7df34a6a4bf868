"""Numbers without bounds become colours in [0, 1] that go together, and slopes of colours go back."""

from __future__ import annotations

import torch
from torch import Tensor

from featviz.explain.maximization.image_statistics import colour_matrix
from featviz.explain.maximization.vjp import Back

__all__ = ["Palette"]

_DARKEST = 0.02


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
        return colours, lambda slopes: _mixed(matrix.T, slopes * (colours - colours.square()))

    def inverse(self, pictures: Tensor) -> Tensor:
        """The numbers for given colours, a little off black and white, which no numbers reach."""
        opaque = torch.ones_like(pictures[:, :1])
        planes = torch.cat([pictures, opaque], 1) if self.transparent else pictures
        inside = planes.clamp(_DARKEST, 1 - _DARKEST).logit()
        # a set of grey pictures has no inverse for colours: the nearest there is
        return _mixed(torch.linalg.pinv(self.matrix, rtol=1e-4), inside)


def _mixed(matrix: Tensor, planes: Tensor) -> Tensor:
    """Planes (N, C, H, W) mixed by a matrix (C, C)."""
    return torch.einsum("dc,nchw->ndhw", matrix, planes)
