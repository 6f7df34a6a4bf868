"""Small changes a picture must survive, drawn anew in each step: what a unit still fires for is no trick of pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.maximization.affine_sampling import sampled

__all__ = ["Transform", "blur", "chain", "crop", "mirror", "noise", "recolour", "shake"]

Transform: TypeAlias = Callable[[Tensor, torch.Generator], Tensor]
"""(pictures (N, C, H, W), generator) -> pictures."""


def chain(transforms: Sequence[Transform]) -> Transform:
    """One transform after the other."""

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        for transform in transforms:
            pictures = transform(pictures, generator)
        return pictures

    return changed


def shake(
    jitters: Sequence[int], scales: Sequence[float], degrees: Sequence[float], size: tuple[int, int]
) -> Transform:
    """Move by whole pixels, enlarge by one of these factors and rotate by one of these angles, all at once.

    Each picture gets its own, sampled a single time at this size. Each of the jitters moves it as a crop that is
    smaller by so many pixels would, at a random place: every offset is as likely. What comes from outside is grey.

    Args:
        jitters: in pixels, one after the other.
        scales: above 1 enlarges.
        degrees: about the middle of what the crops left.
        size: height and width of what comes out.
    """
    # plain numbers: a few of them cost less than as many calls into torch
    turns = [math.radians(angle) for angle in degrees]

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        count = len(pictures)
        chosen = torch.randint(len(scales), (count,), generator=generator).tolist()
        turned = torch.randint(len(turns), (count,), generator=generator).tolist()
        moved = [
            (torch.randint(pixels + 1, (count, 2), generator=generator) - pixels // 2).tolist()
            for pixels in jitters
        ]
        here = pictures.shape[-2:]
        rows = [
            _matrix(scales[chosen[n]], turns[turned[n]], [by[n] for by in moved], here, size)
            for n in range(count)
        ]
        return sampled(pictures, torch.tensor(rows), size)

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
        return sampled(pictures, matrices, size)

    return changed


def noise(deviation: float) -> Transform:
    """Normal noise of this standard deviation, where colours run from 0 to 1."""

    def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
        drawn = torch.randn(pictures.shape, generator=generator).to(pictures)
        return pictures + deviation * drawn

    return changed


def mirror(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture upside down by chance, and left for right by chance."""
    across, down = torch.rand((2, len(pictures), 1, 1, 1), generator=generator).to(pictures.device) < 1 / 2
    pictures = torch.where(across, pictures.flip(-1), pictures)
    return torch.where(down, pictures.flip(-2), pictures)


def recolour(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture with its colour channels in an order of its own."""
    order = torch.rand(pictures.shape[:2], generator=generator).argsort(1).to(pictures.device)
    return pictures.gather(1, order[..., None, None].expand_as(pictures))


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


def _matrix(
    factor: float, angle: float, moved: Sequence[Sequence[int]], here: Sequence[int], there: tuple[int, int]
) -> list[list[float]]:
    """Where the points of the new picture lie in the old one, both from -1 to 1, (2, 3)."""
    cosine, sine = math.cos(angle) / factor, math.sin(angle) / factor
    right, down = (2 * sum(by[axis] for by in moved) / here[1 - axis] for axis in (0, 1))
    return [
        [cosine * there[1] / here[1], sine * there[0] / here[1], right],
        [-sine * there[1] / here[0], cosine * there[0] / here[0], down],
    ]
