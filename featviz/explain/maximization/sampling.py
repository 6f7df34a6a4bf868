"""Pictures read at other places, between pixels, grey outside: what every shaken picture costs, there and back.

torch's way back also finds the gradient for the places, which nobody asks for here, and takes three times as long.
"""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.compiled import compiled
from featviz.explain.maximization.ways import Back, tracked

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
        return tracked(partial(_read, matrices=matrices.detach().double().numpy(), size=size), pictures)
    # zeros are filled in, so grey is made zero
    grid = F.affine_grid(matrices.to(pictures), [*pictures.shape[:2], *size], align_corners=False)
    return F.grid_sample(pictures - GREY, grid, align_corners=False) + GREY


def _read(pictures: Tensor, matrices: npt.NDArray[np.float64], size: tuple[int, int]) -> tuple[Tensor, Back]:
    """The samples, and the way back."""
    shape = pictures.shape
    found = torch.empty((*shape[:2], *size))
    compiled(_sample)(pictures.contiguous().numpy(), found.numpy(), matrices, False)

    def back(slopes: Tensor) -> Tensor:
        old = torch.empty(shape)
        compiled(_sample)(old.numpy(), slopes.contiguous().numpy(), matrices, True)
        return old

    return found, back


def _sample(old: _Array, new: _Array, matrices: npt.NDArray[np.float64], back: bool) -> None:
    """Fill new pictures from old ones; or old ones' slopes with the new ones', added up where they were read."""
    count, planes, tall, wide = new.shape
    high, broad = old.shape[2:]
    # one row and column of grey before the first pixel, and one more behind the last for its neighbour
    height, width = high + 3, broad + 3
    edged = np.empty((planes, height, width), np.float32)
    place, shares = np.empty(wide, np.uint32), np.empty((4, wide), np.float32)
    one, two, three, four = shares[0], shares[1], shares[2], shares[3]
    beside, below = np.uint32(1), np.uint32(width)
    for n in range(count):
        edged[:] = 0 if back else GREY
        if not back:
            edged[:, 1:-2, 1:-2] = old[n]
        # from the column and row of a new pixel to its place in the old picture with its margin
        a, b, c = matrices[n, 0, 0], matrices[n, 0, 1], matrices[n, 0, 2]
        d, e, f = matrices[n, 1, 0], matrices[n, 1, 1], matrices[n, 1, 2]
        first_x = np.float32((a / wide - a + b / tall - b + c + 1) * broad / 2 + 0.5)
        first_y = np.float32((d / wide - d + e / tall - e + f + 1) * high / 2 + 0.5)
        x_a_column, x_a_row = np.float32(a * broad / wide), np.float32(b * broad / tall)
        y_a_column, y_a_row = np.float32(d * high / wide), np.float32(e * high / tall)
        for row in range(tall):
            across, down = x_a_row * np.float32(row) + first_x, y_a_row * np.float32(row) + first_y
            for column in range(wide):
                x = min(max(x_a_column * np.float32(column) + across, np.float32(0)), np.float32(width - 2))
                y = min(max(y_a_column * np.float32(column) + down, np.float32(0)), np.float32(height - 2))
                left, top = np.int32(x), np.int32(y)
                x -= np.float32(left)
                y -= np.float32(top)
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
