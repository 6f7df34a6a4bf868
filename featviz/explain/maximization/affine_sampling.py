"""Affine resampling of images, bilinear and gray outside: what jitter, scale and rotation cost in each step.

torch's backward pass also computes the gradient for the grid, which is not used here, and takes three times as long.
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
from featviz.explain.maximization.vjp import Pullback, as_autograd

__all__ = ["GRAY", "affine_sample"]

GRAY = 0.5

_Array: TypeAlias = npt.NDArray[np.float32]


def affine_sample(images: Tensor, matrices: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear samples of images at the positions an affine map gives, as `affine_grid` and `grid_sample` do.

    Args:
        images: (N, C, H, W), of which the gradient is that of `torch.nn.functional.grid_sample`.
        matrices: (N, 2, 3), on the CPU: they map (x, y, 1) of the output to (x, y) of the input, each from -1 at
            one border to 1 at the other (align_corners=False).
        size: height and width of the output in pixels.

    Returns:
        (N, C, *size); what lies outside the input is gray, 0.5.
    """
    if images.device.type == "cpu" and images.dtype is torch.float32:
        pixel_matrices = [_pixel_matrix(matrix, images.shape[-2:], size) for matrix in matrices.tolist()]
        return as_autograd(partial(_read, matrices=np.array(pixel_matrices, np.float32), size=size), images)
    # grid_sample pads with zeros, so gray is moved to zero
    grid = F.affine_grid(matrices.to(images), [*images.shape[:2], *size], align_corners=False)
    return F.grid_sample(images - GRAY, grid, align_corners=False) + GRAY


def _pixel_matrix(
    matrix: list[list[float]], source: Sequence[int], target: tuple[int, int]
) -> list[list[float]]:
    """(2, 3): from column and row of an output pixel to its position in the padded input, in pixels."""
    rows = []
    for (across, down, first), length in zip(matrix, (source[1], source[0]), strict=True):
        a_column, a_row = across / target[1], down / target[0]
        start = (a_column - across + a_row - down + first + 1) * length / 2 + 0.5
        rows.append([a_column * length, a_row * length, start])
    return rows


def _read(images: Tensor, matrices: _Array, size: tuple[int, int]) -> tuple[Tensor, Pullback]:
    """The samples (N, C, *size) and their pullback."""
    shape = images.shape
    samples = torch.empty((*shape[:2], *size))
    compiled(_sample)(images.contiguous().numpy(), samples.numpy(), matrices, False)

    def pullback(grad_output: Tensor) -> Tensor:
        grad_input = torch.zeros(shape)
        compiled(_sample)(grad_input.numpy(), grad_output.contiguous().numpy(), matrices, True)
        return grad_input

    return samples, pullback


def _sample(images: _Array, samples: _Array, matrices: _Array, backward: bool) -> None:
    """Fill `samples` from `images`; or, backward, scatter the samples' gradients into the images' gradients.

    Formula: s = w00 p00 + w01 p01 + w10 p10 + w11 p11 over the four pixels around a position, with w11 = x y,
    w01 = x (1 - y), ... of its fractions x, y in the cell; backward each p gets w times the sample's gradient.
    Reference: spatial transformers (Jaderberg et al. 2015, arXiv:1506.02025, equation 5); torch's `grid_sample`.
    Approximated: nothing but rounding; the result equals `grid_sample`'s up to the order of float32 sums.
    Layout: images and samples are contiguous (N, C, H, W) float32; one padded copy of each image keeps every read
    inside its bounds, and positions are clamped into it, so no index is checked.
    """
    count, planes, out_height, out_width = samples.shape
    in_height, in_width = images.shape[2:]
    # one row and column of gray before the first pixel, and two behind the last: one is its neighbor's
    height, width = in_height + 3, in_width + 3
    padded = np.full((planes, height, width), np.float32(GRAY))
    index, weights = np.empty(out_width, np.uint32), np.empty((4, out_width), np.float32)
    w00, w01, w10, w11 = weights[0], weights[1], weights[2], weights[3]
    right, below = np.uint32(1), np.uint32(width)
    for n in range(count):
        matrix = matrices[n]
        padded[:, 1:-2, 1:-2] = images[n]
        for row in range(out_height):
            across = matrix[0, 1] * np.float32(row) + matrix[0, 2]
            down = matrix[1, 1] * np.float32(row) + matrix[1, 2]
            for column in range(out_width):
                x = min(max(matrix[0, 0] * np.float32(column) + across, np.float32(0)), np.float32(width - 2))
                y = min(max(matrix[1, 0] * np.float32(column) + down, np.float32(0)), np.float32(height - 2))
                left, top = np.int32(x), np.int32(y)
                x, y = x - np.float32(left), y - np.float32(top)
                index[column] = np.uint32(top) * np.uint32(width) + np.uint32(left)
                w11[column] = x * y
                w10[column], w01[column], w00[column] = y - x * y, x - x * y, 1 - x - y + x * y
            for plane in range(planes):
                source, target = padded[plane].reshape(-1), samples[n, plane, row]
                if backward:
                    for column in range(out_width):
                        i, gradient = index[column], target[column]
                        source[i] += w00[column] * gradient
                        source[i + right] += w01[column] * gradient
                        source[i + below] += w10[column] * gradient
                        source[i + below + right] += w11[column] * gradient
                else:
                    for column in range(out_width):
                        i = index[column]
                        upper = w00[column] * source[i] + w01[column] * source[i + right]
                        lower = w10[column] * source[i + below] + w11[column] * source[i + below + right]
                        target[column] = upper + lower
        if backward:
            images[n] = padded[:, 1:-2, 1:-2]
