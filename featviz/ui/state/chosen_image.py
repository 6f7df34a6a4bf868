"""The image that pages open a network on, and what the network sees of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from featviz.models.model import Model
from featviz.ui.state.cache import IMAGES

__all__ = ["ChosenImage", "input_pixels", "pixels_of"]


@dataclass(frozen=True, eq=False)
class ChosenImage:
    """An image to open a network on: its id, its pixels, what is known to be on it, and where (H, W)."""

    id: str
    image: Image.Image
    label: str | None
    mask: NDArray[np.bool_] | None = None


def input_pixels(model: Model, image: ChosenImage) -> NDArray[np.uint8]:
    """The part of an image that the network sees, before normalization: (H, W, 3), read-only."""
    return IMAGES.compute(
        ("seen", model.fingerprint, image.id),
        lambda: _input_pixels(model, image),
        lambda pixels: pixels.nbytes,
    )


def pixels_of(model: Model, x: Tensor) -> NDArray[np.uint8]:
    """A normalised image (C, H, W), in color or gray, as it looks, (H, W, 3)."""
    mean = np.array(getattr(model.transform, "mean", (0.0,)), np.float32)
    std = np.array(getattr(model.transform, "std", (1.0,)), np.float32)
    shown = x.detach().float().cpu().numpy().transpose(1, 2, 0) * std + mean
    pixels: NDArray[np.float32] = np.clip(shown, 0, 1) * 255
    return np.repeat(pixels.round().astype(np.uint8), 3 // pixels.shape[2], axis=2)


def _input_pixels(model: Model, image: ChosenImage) -> NDArray[np.uint8]:
    pixels = pixels_of(model, model.preprocess(image.image)[0])
    pixels.setflags(write=False)
    return pixels
