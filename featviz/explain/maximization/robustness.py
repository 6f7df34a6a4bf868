"""Small changes a picture must survive, drawn anew in each step: what a unit still fires for is no trick of pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Transform", "blur", "chain", "crop", "jitter", "noise", "pad", "turn"]

Transform: TypeAlias = Callable[[Tensor, torch.Generator], Tensor]
"""(pictures (N, C, H, W), generator) -> pictures."""

GREY = 0.5


def chain(transforms: Sequence[Transform]) -> Transform:
    """One transform after the other."""

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        for transform in transforms:
            pictures = transform(pictures, generator)
        return pictures

    return changed


def pad(pixels: int) -> Transform:
    """A grey margin of so many pixels."""
    return lambda pictures, _generator: F.pad(pictures, [pixels] * 4, value=GREY) if pixels else pictures


def jitter(pixels: int) -> Transform:
    """A crop that is smaller by so many pixels, at a random place: nothing is filled in, nothing is favoured."""

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        height, width = pictures.shape[-2] - pixels, pictures.shape[-1] - pixels
        top, left = torch.randint(pixels + 1, (2,), generator=generator).tolist()
        return pictures[..., top : top + height, left : left + width]

    return changed


def turn(scales: Sequence[float], degrees: Sequence[float], size: tuple[int, int]) -> Transform:
    """Enlarge by one of these factors and rotate by one of these angles, sampled once at this size.

    Each picture gets its own. The picture's centre stays the centre; what comes from outside is grey.
    """

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        count = len(pictures)
        factor = torch.tensor(scales)[torch.randint(len(scales), (count,), generator=generator)]
        angle = torch.tensor(degrees)[torch.randint(len(degrees), (count,), generator=generator)]
        return _sampled(pictures, _matrices(factor, angle * math.pi / 180, pictures.shape[-2:], size), size)

    return changed


def crop(smallest: float, largest: float, size: tuple[int, int]) -> Transform:
    """A square window of a random share of the picture, `smallest` to `largest` of its sides, at this size.

    Each picture gets its own. Windows lie around the middle as N(0, 0.15) of the room there is, as in MACO,
    and never reach outside.
    """

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        count = len(pictures)
        share = smallest + (largest - smallest) * torch.rand(count, generator=generator)
        middle = (0.3 * torch.randn((count, 2), generator=generator)).clamp(-1, 1) * (1 - share)[:, None]
        matrices = torch.zeros(count, 2, 3)
        matrices[:, 0, 0] = matrices[:, 1, 1] = share
        matrices[:, :, 2] = middle
        return _sampled(pictures, matrices, size)

    return changed


def noise(deviation: float) -> Transform:
    """Normal noise of this standard deviation, where colours run from 0 to 1."""

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        drawn = torch.randn(pictures.shape, generator=generator).to(pictures)
        return pictures + deviation * drawn

    return changed


def blur(least: float, most: float) -> Transform:
    """A Gaussian blur, its standard deviation in pixels drawn evenly between the two."""

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        deviation = least + (most - least) * float(torch.rand((), generator=generator))
        if deviation < 0.1:
            return pictures
        reach = max(1, math.ceil(2.5 * deviation))
        weights = torch.exp(-((torch.arange(-reach, reach + 1) / deviation) ** 2) / 2)
        channels = pictures.shape[1]
        kernel = (weights / weights.sum()).to(pictures).expand(channels, 1, -1)
        edged = F.pad(pictures, [reach] * 4, mode="replicate")
        rows = F.conv2d(edged, kernel[:, :, None, :], groups=channels)
        return F.conv2d(rows, kernel[:, :, :, None], groups=channels)

    return changed


def _matrices(factor: Tensor, angle: Tensor, here: Sequence[int], there: tuple[int, int]) -> Tensor:
    """Where the points of the new picture lie in the old one, both from -1 to 1, (N, 2, 3)."""
    cosine, sine = angle.cos() / factor, angle.sin() / factor
    matrices = torch.zeros(len(factor), 2, 3)
    matrices[:, 0, 0] = cosine * there[1] / here[1]
    matrices[:, 0, 1] = sine * there[0] / here[1]
    matrices[:, 1, 0] = -sine * there[1] / here[0]
    matrices[:, 1, 1] = cosine * there[0] / here[0]
    return matrices


def _sampled(pictures: Tensor, matrices: Tensor, size: tuple[int, int]) -> Tensor:
    grid = F.affine_grid(matrices.to(pictures), [*pictures.shape[:2], *size], align_corners=False)
    # grey outside: zeros are filled in, so grey is made zero
    return F.grid_sample(pictures - GREY, grid, align_corners=False) + GREY
