"""A batch of training images as the network sees it, for the eye."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Generator

from featviz.training.augmentations import augment
from featviz.training.data import TrainingData
from featviz.training.settings import Augmentation

__all__ = ["augmented_batch"]


def augmented_batch(
    data: TrainingData, count: int, augmentation: Augmentation, seed: int
) -> NDArray[np.uint8]:
    """The first training images, changed at random: (n, S, S, 3) of 0 to 255.

    Args:
        data: the images.
        count: how many at most.
        augmentation: how they are changed.
        seed: of the changes.
    """
    images = augment(data.images[data.training[:count]], augmentation, Generator().manual_seed(seed))
    shown: NDArray[np.uint8] = images.round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    return shown
