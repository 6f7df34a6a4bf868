"""Images and labels as tensors that a network can be trained and measured on."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from featviz.data.sets.digits import DIGITS_CLASSES, digit_image, digits_split
from featviz.data.shapes.shapes import (
    HELD_OUT_LENGTH,
    HELD_OUT_SEED,
    SHAPES_CLASSES,
    TRAINING_SEED,
    shapes_image,
)


@dataclass(frozen=True, eq=False)
class Examples:
    """Images (N, 3, H, W) uint8 and labels (N,) int64, the positions of their classes."""

    images: Tensor
    labels: Tensor


def training_shapes(length: int) -> Examples:
    """Paint the first `length` training images of the Shapes world."""
    return _shapes(TRAINING_SEED, length)


def held_out_shapes() -> Examples:
    """Paint the 2,000 held-out images of the Shapes world."""
    return _shapes(HELD_OUT_SEED, HELD_OUT_LENGTH)


def training_digits() -> Examples:
    """Return the 1,297 digits networks are trained on."""
    return _digits(digits_split()[0].tolist())


def held_out_digits() -> Examples:
    """Return the 500 digits networks are measured on."""
    return _digits(digits_split()[1].tolist())


def _shapes(seed: int, length: int) -> Examples:
    positions = {label: position for position, label in enumerate(SHAPES_CLASSES)}
    images = torch.empty(length, 64, 64, 3, dtype=torch.uint8)
    labels = torch.empty(length, dtype=torch.int64)
    for index in range(length):
        rendered = shapes_image(seed, index)
        images[index] = torch.from_numpy(rendered.pixels)
        labels[index] = positions[rendered.factors.label]
    return Examples(images.permute(0, 3, 1, 2), labels)


def _digits(positions: list[int]) -> Examples:
    drawn = [digit_image(position) for position in positions]
    images = torch.from_numpy(np.stack([np.asarray(image) for image, _ in drawn]))
    labels = torch.tensor([DIGITS_CLASSES.index(label) for _, label in drawn])
    return Examples(images.permute(0, 3, 1, 2), labels)
