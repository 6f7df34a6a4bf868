"""Pictures read at other places, between pixels, grey outside: what every shaken picture costs, there and back.

torch's way back also finds the gradient for the places, which nobody asks for here, and takes three times as long.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from featviz.compiled import compiled

__all__ = ["GREY", "sampled"]

GREY = 0.5

_Array: TypeAlias = npt.NDArray[np.float32]
# one row and column of grey before the first pixel, and one more behind the last for its neighbour
_MARGIN = (1, 2, 1, 2)


def sampled(pictures: Tensor, matrices: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear samples of pictures, one place for each pixel of the new ones.

    Args:
        pictures: (N, C, H, W), of which the gradient is that of `torch.nn.functional.grid_sample`.
        matrices: (N, 2, 3), on the CPU: the rows give where, across and down, the point (across, down, 1) of a
            new picture lies in the old one, each from -1 at one border to 1 at the other.
        size: height and width of the new pictures.

    Returns:
        (N, C, *size); what comes from outside is grey.
    """
    if pictures.device.type == "cpu" and pictures.dtype is torch.float32:
        found: Tensor = _Sampling.apply(pictures, _by_pixels(matrices, pictures.shape[-2:], size), size)
        return found
    # zeros are filled in, so grey is made zero
    grid = F.affine_grid(matrices.to(pictures), [*pictures.shape[:2], *size], align_corners=False)
    return F.grid_sample(pictures - GREY, grid, align_corners=False) + GREY


class _Sampling(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, pictures: Tensor, matrices: _Array, size: tuple[int, int]) -> Tensor:
        edged = F.pad(pictures.detach(), _MARGIN, value=GREY).contiguous()
        found = edged.new_empty((*pictures.shape[:2], *size))
        compiled(_read)(edged.numpy(), found.numpy(), matrices, False)
        ctx.matrices, ctx.shape = matrices, edged.shape
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None]:
        edged = slopes[0].new_zeros(ctx.shape)
        compiled(_read)(edged.numpy(), slopes[0].contiguous().numpy(), ctx.matrices, True)
        return edged[..., 1:-2, 1:-2], None, None


def _by_pixels(matrices: Tensor, here: torch.Size, there: tuple[int, int]) -> _Array:
    """From the column and row of a new pixel to its place in the old picture with its margin, (N, 2, 3)."""
    given = matrices.detach().double().numpy()
    step = np.array([1 / there[1], 1 / there[0]])
    old = np.array([here[1], here[0]])
    slopes = given[..., :2] * step * old[:, None]
    first = (given[..., :2] @ (step - 1) + given[..., 2] + 1) * old / 2 + 0.5
    return np.concatenate([slopes, first[..., None]], -1).astype(np.float32)


def _read(edged: _Array, found: _Array, matrices: _Array, back: bool) -> None:
    """Read new pictures from old ones, or add the new ones' slopes up where they were read."""
    count, planes, tall, wide = found.shape
    height, width = edged.shape[2:]
    place, shares = np.empty(wide, np.uint32), np.empty((4, wide), np.float32)
    one, two, three, four = shares[0], shares[1], shares[2], shares[3]
    beside, below = np.uint32(1), np.uint32(width)
    for n in range(count):
        matrix = matrices[n]
        for row in range(tall):
            across = matrix[0, 1] * np.float32(row) + matrix[0, 2]
            down = matrix[1, 1] * np.float32(row) + matrix[1, 2]
            for column in range(wide):
                x = min(max(matrix[0, 0] * np.float32(column) + across, np.float32(0)), np.float32(width - 2))
                y = min(max(matrix[1, 0] * np.float32(column) + down, np.float32(0)), np.float32(height - 2))
                left, top = np.int32(x), np.int32(y)
                x -= np.float32(left)
                y -= np.float32(top)
                place[column] = np.uint32(top) * np.uint32(width) + np.uint32(left)
                four[column] = x * y
                three[column], two[column], one[column] = y - x * y, x - x * y, 1 - x - y + x * y
            for plane in range(planes):
                old, new = edged[n, plane].reshape(-1), found[n, plane, row]
                if back:
                    for column in range(wide):
                        i, slope = place[column], new[column]
                        old[i] += one[column] * slope
                        old[i + beside] += two[column] * slope
                        old[i + below] += three[column] * slope
                        old[i + below + beside] += four[column] * slope
                else:
                    for column in range(wide):
                        i = place[column]
                        upper = one[column] * old[i] + two[column] * old[i + beside]
                        lower = three[column] * old[i + below] + four[column] * old[i + below + beside]
                        new[column] = upper + lower
