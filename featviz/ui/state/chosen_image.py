"""The picture that pages open a network on, and what the network sees of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from featviz.models.model import Model
from featviz.ui.state.cache import IMAGES

__all__ = ["Picture", "pixels_of", "seen_by"]


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture to open a network on: its id, its pixels, what is known to be on it, and where (H, W)."""

    id: str
    image: Image.Image
    label: str | None
    mask: NDArray[np.bool_] | None = None


def seen_by(model: Model, picture: Picture) -> NDArray[np.uint8]:
    """The part of a picture that the network sees, before normalisation: (H, W, 3), read-only."""
    return IMAGES.compute(
        ("seen", model.fingerprint, picture.id), lambda: _seen(model, picture), lambda seen: seen.nbytes
    )


def pixels_of(model: Model, x: Tensor) -> NDArray[np.uint8]:
    """A normalised picture (C, H, W) as it looks, (H, W, 3)."""
    mean = np.array(getattr(model.transform, "mean", (0.0,)), np.float32)
    std = np.array(getattr(model.transform, "std", (1.0,)), np.float32)
    shown = x.detach().float().cpu().numpy().transpose(1, 2, 0) * std + mean
    pixels: NDArray[np.float32] = np.clip(shown, 0, 1) * 255
    return pixels.round().astype(np.uint8)


def _seen(model: Model, picture: Picture) -> NDArray[np.uint8]:
    seen = pixels_of(model, model.preprocess(picture.image)[0])
    seen.setflags(write=False)
    return seen
