"""The film of a run: a few dozen small images from its start to now, the newest frame, and the score's curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.maximization.frames import Frame

__all__ = ["Film", "Reel", "pixels", "reduced"]

Pixels = NDArray[np.uint8]
_MAX_IMAGES = 48
_LARGEST_SIDE = 160


@dataclass(frozen=True, eq=False)
class Film:
    """A run so far.

    Attributes:
        frame: the newest.
        images: (N, h, w, 3) each, at most 48 of them, no side above 160 pixels.
        steps: at which each was made.
        curve: the score at each step, from step 0.
        quantity: what a score is, such as "logit".
    """

    frame: Frame
    images: tuple[Pixels, ...]
    steps: tuple[int, ...]
    curve: tuple[float, ...]
    quantity: str = "score"

    @property
    def size(self) -> int:
        """Its bytes, about."""
        return sum(each.nbytes for each in self.images) + 3 * self.frame.image.nbytes + 8 * len(self.curve)


class Reel:
    """Collects the film of a run; when it is full, every second image goes and the others come half as often.

    Args:
        quantity: what a score is, such as "logit".
    """

    def __init__(self, quantity: str = "score") -> None:
        self._quantity = quantity
        self._frames: list[tuple[int, Pixels]] = []
        self._curve: list[float] = []
        self._every = 1

    def add(self, frame: Frame) -> None:
        """One frame more."""
        self._curve.append(frame.score)
        if frame.step % self._every == 0 or frame.ended:
            self._frames.append((frame.step, reduced(pixels(frame), _LARGEST_SIDE)))
        if len(self._frames) > _MAX_IMAGES:
            self._every *= 2
            self._frames = [
                each for each in self._frames if each[0] % self._every == 0 or each is self._frames[-1]
            ]

    def film(self, newest: Frame) -> Film:
        """All so far."""
        frames = list(self._frames)
        steps, images = tuple(step for step, _ in frames), tuple(image for _, image in frames)
        return Film(newest, images, steps, tuple(self._curve), self._quantity)


def pixels(frame: Frame) -> Pixels:
    """A frame's images (N, H, W, 3) as bytes."""
    return np.rint(frame.image * 255).astype(np.uint8)


def reduced(images: Pixels, limit: int) -> Pixels:
    """Images (N, H, W, 3) shrunk by a whole factor until no side exceeds `limit` pixels."""
    height, width = images.shape[1:3]
    factor = -(-max(height, width) // limit)
    if factor == 1:
        return images
    return np.stack([np.asarray(Image.fromarray(each).reduce(factor)) for each in images])
