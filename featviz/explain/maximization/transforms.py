"""Random transforms of the images, drawn anew in each step (transformation robustness, Olah et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.maximization.affine_sampling import affine_sample

__all__ = [
    "Transform",
    "blur",
    "chain",
    "crop",
    "jitter_scale_rotate",
    "noise",
    "random_flip",
    "shuffle_channels",
]

Transform: TypeAlias = Callable[[Tensor, torch.Generator], Tensor]
"""(images (N, C, H, W), generator) -> images."""


def chain(transforms: Sequence[Transform]) -> Transform:
    """One transform after the other."""

    def changed(images: Tensor, generator: torch.Generator) -> Tensor:
        for transform in transforms:
            images = transform(images, generator)
        return images

    return changed


def jitter_scale_rotate(
    jitters: Sequence[int], scales: Sequence[float], degrees: Sequence[float], size: tuple[int, int]
) -> Transform:
    """Move by whole pixels, enlarge by one of these factors and rotate by one of these angles, all at once.

    Each image gets its own, sampled a single time at this size. Each of the jitters moves it as a crop that is
    smaller by so many pixels would, at a random position: every offset is as likely. What comes from outside is grey.

    Args:
        jitters: in pixels, one after the other.
        scales: above 1 enlarges.
        degrees: about the middle of what the crops left.
        size: height and width of what comes out.
    """
    # plain numbers: a few of them cost less than as many calls into torch
    turns = [math.radians(angle) for angle in degrees]

    def changed(images: Tensor, generator: torch.Generator) -> Tensor:
        count = len(images)
        chosen = torch.randint(len(scales), (count,), generator=generator).tolist()
        turned = torch.randint(len(turns), (count,), generator=generator).tolist()
        moved = [
            (torch.randint(pixels + 1, (count, 2), generator=generator) - pixels // 2).tolist()
            for pixels in jitters
        ]
        size_before = images.shape[-2:]
        rows = [
            _matrix(scales[chosen[n]], turns[turned[n]], [by[n] for by in moved], size_before, size)
            for n in range(count)
        ]
        return affine_sample(images, torch.tensor(rows), size)

    return changed


def crop(smallest: float, largest: float, size: tuple[int, int]) -> Transform:
    """A square window of a random share of the image, `smallest` to `largest` of its sides, at this size.

    Each image gets its own. Windows lie around the middle as N(0, 0.15) of the room there is, as in MACO,
    and never reach outside.
    """

    def changed(images: Tensor, generator: torch.Generator) -> Tensor:
        count = len(images)
        share = smallest + (largest - smallest) * torch.rand(count, generator=generator)
        middle = (0.3 * torch.randn((count, 2), generator=generator)).clamp(-1, 1) * (1 - share)[:, None]
        matrices = torch.zeros(count, 2, 3)
        matrices[:, 0, 0] = matrices[:, 1, 1] = share
        matrices[:, :, 2] = middle
        return affine_sample(images, matrices, size)

    return changed


def noise(deviation: float) -> Transform:
    """Normal noise of this standard deviation, where colours run from 0 to 1."""

    def changed(images: Tensor, generator: torch.Generator) -> Tensor:
        drawn = torch.randn(images.shape, generator=generator).to(images)
        return images + deviation * drawn

    return changed


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Flip each image vertically with probability 1/2, and horizontally with probability 1/2."""
    across, down = torch.rand((2, len(images), 1, 1, 1), generator=generator).to(images.device) < 1 / 2
    images = torch.where(across, images.flip(-1), images)
    return torch.where(down, images.flip(-2), images)


def shuffle_channels(images: Tensor, generator: torch.Generator) -> Tensor:
    """Permute the color channels of each image at random."""
    order = torch.rand(images.shape[:2], generator=generator).argsort(1).to(images.device)
    return images.gather(1, order[..., None, None].expand_as(images))


def blur(min_deviation: float, max_deviation: float) -> Transform:
    """A Gaussian blur, its standard deviation in pixels drawn evenly between the two."""

    def changed(images: Tensor, generator: torch.Generator) -> Tensor:
        deviation = min_deviation + (max_deviation - min_deviation) * float(
            torch.rand((), generator=generator)
        )
        if deviation < 0.1:
            return images
        reach = max(1, math.ceil(2.5 * deviation))
        weights = torch.exp(-((torch.arange(-reach, reach + 1) / deviation) ** 2) / 2)
        channels = images.shape[1]
        kernel = (weights / weights.sum()).to(images).expand(channels, 1, -1)
        edged = F.pad(images, [reach] * 4, mode="replicate")
        rows = F.conv2d(edged, kernel[:, :, None, :], groups=channels)
        return F.conv2d(rows, kernel[:, :, :, None], groups=channels)

    return changed


def _matrix(
    factor: float,
    angle: float,
    moved: Sequence[Sequence[int]],
    source: Sequence[int],
    target: tuple[int, int],
) -> list[list[float]]:
    """The affine map from points of the output to points of the input, both from -1 to 1, (2, 3)."""
    cosine, sine = math.cos(angle) / factor, math.sin(angle) / factor
    right, down = (2 * sum(by[axis] for by in moved) / source[1 - axis] for axis in (0, 1))
    return [
        [cosine * target[1] / source[1], sine * target[0] / source[1], right],
        [-sine * target[1] / source[0], cosine * target[0] / source[0], down],
    ]
