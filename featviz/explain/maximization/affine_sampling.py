"""Pictures read at other places, between pixels, grey outside: what every shaken picture costs, there and back.

torch's way back also finds the gradient for the places, which nobody asks for here, and takes three times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.compiled import compiled
from featviz.explain.maximization.vjp import Back, tracked

__all__ = ["GREY", "sampled"]

GREY = 0.5

_Array: TypeAlias = npt.NDArray[np.float32]


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
        places = [_by_pixels(matrix, pictures.shape[-2:], size) for matrix in matrices.tolist()]
        return tracked(partial(_read, matrices=np.array(places, np.float32), size=size), pictures)
    # zeros are filled in, so grey is made zero
    grid = F.affine_grid(matrices.to(pictures), [*pictures.shape[:2], *size], align_corners=False)
    return F.grid_sample(pictures - GREY, grid, align_corners=False) + GREY


def _by_pixels(matrix: list[list[float]], here: Sequence[int], there: tuple[int, int]) -> list[list[float]]:
    """From the column and row of a new pixel to its place in the old picture with its margin, (2, 3)."""
    rows = []
    for (across, down, first), length in zip(matrix, (here[1], here[0]), strict=True):
        a_column, a_row = across / there[1], down / there[0]
        start = (a_column - across + a_row - down + first + 1) * length / 2 + 0.5
        rows.append([a_column * length, a_row * length, start])
    return rows


def _read(pictures: Tensor, matrices: _Array, size: tuple[int, int]) -> tuple[Tensor, Back]:
    """The samples, and the way back."""
    shape = pictures.shape
    found = torch.empty((*shape[:2], *size))
    compiled(_sample)(pictures.contiguous().numpy(), found.numpy(), matrices, False)

    def back(slopes: Tensor) -> Tensor:
        old = torch.zeros(shape)
        compiled(_sample)(old.numpy(), slopes.contiguous().numpy(), matrices, True)
        return old

    return found, back


def _sample(old: _Array, new: _Array, matrices: _Array, back: bool) -> None:
    """Fill new pictures from old ones; or add to old ones' slopes the new ones', where they were read."""
    count, planes, tall, wide = new.shape
    high, broad = old.shape[2:]
    # one row and column of grey before the first pixel, and one more behind the last for its neighbour
    height, width = high + 3, broad + 3
    edged = np.full((planes, height, width), np.float32(GREY))
    place, shares = np.empty(wide, np.uint32), np.empty((4, wide), np.float32)
    one, two, three, four = shares[0], shares[1], shares[2], shares[3]
    beside, below = np.uint32(1), np.uint32(width)
    for n in range(count):
        matrix = matrices[n]
        edged[:, 1:-2, 1:-2] = old[n]
        for row in range(tall):
            across = matrix[0, 1] * np.float32(row) + matrix[0, 2]
            down = matrix[1, 1] * np.float32(row) + matrix[1, 2]
            for column in range(wide):
                x = min(max(matrix[0, 0] * np.float32(column) + across, np.float32(0)), np.float32(width - 2))
                y = min(max(matrix[1, 0] * np.float32(column) + down, np.float32(0)), np.float32(height - 2))
                left, top = np.int32(x), np.int32(y)
                x, y = x - np.float32(left), y - np.float32(top)
                place[column] = np.uint32(top) * np.uint32(width) + np.uint32(left)
                four[column] = x * y
                three[column], two[column], one[column] = y - x * y, x - x * y, 1 - x - y + x * y
            for plane in range(planes):
                there, here = edged[plane].reshape(-1), new[n, plane, row]
                if back:
                    for column in range(wide):
                        i, slope = place[column], here[column]
                        there[i] += one[column] * slope
                        there[i + beside] += two[column] * slope
                        there[i + below] += three[column] * slope
                        there[i + below + beside] += four[column] * slope
                else:
                    for column in range(wide):
                        i = place[column]
                        upper = one[column] * there[i] + two[column] * there[i + beside]
                        lower = three[column] * there[i + below] + four[column] * there[i + below + beside]
                        here[column] = upper + lower
        if back:
            old[n] = edged[:, 1:-2, 1:-2]
