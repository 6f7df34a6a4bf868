"""Random changes of training images (B, 3, S, S) uint8, each image by its own draw; the whole batch at once."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, grid_sample

from featviz.training.settings import Augmentation

__all__ = ["augment"]

_SHIFT = 8
_LEAST_AREA = 0.4
_STRENGTH = 0.8
_GRAY = 0.2
_LUMA = (0.299, 0.587, 0.114)


def augment(images: Tensor, name: Augmentation, generator: Generator) -> Tensor:
    """The images changed at random.

    Args:
        images: (B, 3, S, S) uint8.
        name: which change.
        generator: that draws it.

    Returns:
        (B, 3, S, S), of 0 to 255; uint8, or float32 where values were interpolated.
    """
    if name == "none":
        return images
    if name == "shift":
        return _shifted(images, generator)
    if name == "mirror":
        return _mirrored(_shifted(images, generator), generator)
    cropped = _mirrored(_cropped(images.float(), generator), generator)
    return cropped if name == "crop" else _recolored(cropped, generator)


def _shifted(images: Tensor, generator: Generator) -> Tensor:
    """Each by up to an eighth in both directions; the border's values are repeated."""
    count, _, height, width = images.shape
    most = height // _SHIFT
    down, right = torch.randint(-most, most + 1, (2, count, 1), generator=generator)
    rows = (torch.arange(height) + down).clamp(0, height - 1)
    columns = (torch.arange(width) + right).clamp(0, width - 1)
    moved = images[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


def _mirrored(images: Tensor, generator: Generator) -> Tensor:
    mirrored = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
    return torch.where(mirrored, images.flip(3), images)


def _cropped(images: Tensor, generator: Generator) -> Tensor:
    """A random square of 40 to 100 % of the area, scaled to the whole by bilinear interpolation."""
    draw = torch.rand(len(images), 3, generator=generator)
    side = (_LEAST_AREA + (1 - _LEAST_AREA) * draw[:, 0]).sqrt()
    offset = (1 - side)[:, None] * (2 * draw[:, 1:] - 1)
    theta = torch.zeros(len(images), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = side
    theta[:, :, 2] = offset
    grid = affine_grid(theta, list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


def _recolored(images: Tensor, generator: Generator) -> Tensor:
    """Brightness, contrast and saturation times factors of 0.2 to 1.8, channels swapped; one in five becomes gray.

    The distortions of SimCLR at strength 1 (Chen et al. 2020, appendix A), with a swap of channels for the turn of hue.
    """
    count = len(images)
    factors = 1 + _STRENGTH * (2 * torch.rand(3, count, 1, 1, 1, generator=generator) - 1)
    images = images * factors[0]
    mean = images.mean((1, 2, 3), keepdim=True)
    images = mean + (images - mean) * factors[1]
    order = torch.rand(count, 3, generator=generator).argsort(dim=1)
    images = images[torch.arange(count)[:, None], order]
    gray = (images * torch.tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    kept = torch.rand(count, 1, 1, 1, generator=generator) >= _GRAY
    return (gray + (images - gray) * factors[2] * kept).clamp(0, 255)
