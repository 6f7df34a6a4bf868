"""Changes to a batch of images (N, 3, H, W) that leave its labels true."""

import torch
from torch import Generator, Tensor


def mirror_and_recolor(images: Tensor, generator: Generator) -> Tensor:
    """Mirror each image of Shapes in either direction and swap its colour channels, each by chance."""
    count = len(images)
    flip = torch.rand(2, count, 1, 1, 1, generator=generator) < 0.5
    images = torch.where(flip[0], images.flip(2), images)
    images = torch.where(flip[1], images.flip(3), images)
    channels = torch.rand(count, 3, generator=generator).argsort(dim=1)
    return images[torch.arange(count)[:, None], channels]


def shift(images: Tensor, generator: Generator) -> Tensor:
    """Move each digit by up to 3 pixels in both directions; what leaves on one side returns on the other."""
    count, _, height, width = images.shape
    down, right = torch.randint(-3, 4, (2, count, 1), generator=generator)
    rows = (torch.arange(height) + down) % height
    columns = (torch.arange(width) + right) % width
    moved = images[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)
