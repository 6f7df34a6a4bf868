"""Statistics of an image set: its color covariance, and the mean magnitude of its spectra."""

from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import islice
from typing import Literal, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from featviz.data.sets.image_set import ImageSet, Sample
from featviz.errors import BadInput
from featviz.explain.maximization.fourier import to_spectrum

__all__ = [
    "Statistics",
    "color_matrix",
    "color_matrix_of",
    "magnitude_of",
    "measured_magnitude",
    "read_images",
]

Statistics: TypeAlias = Literal["imagenet", "shapes", "digits", "photos"]
"""The image sets whose colours are known: ImageNet's as published with Lucid, the others measured."""

_IMAGENET = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
_MEASURED_ON = 256


def color_matrix(statistics: str) -> Tensor:
    """A square root (3, 3) of a set's color covariance: M with M M^T in its proportion; the longest column is 1.

    Raises:
        BadInput: no such set.
    """
    if statistics == "imagenet":
        return _longest_one(_IMAGENET)
    return _measured_colors(statistics)


def color_matrix_of(images: Tensor) -> Tensor:
    """The same matrix, measured on images (N, 3, H, W) in [0, 1]."""
    pixels = images.double().movedim(1, -1).reshape(-1, 3)
    values, vectors = torch.linalg.eigh(torch.cov(pixels.T))
    root = vectors * values.clamp(min=0).sqrt()
    order = torch.argsort(values, descending=True)
    return _longest_one(root[:, order]).float()


def magnitude_of(images: Tensor) -> Tensor:
    """The mean magnitude of each component of the spectra of images (N, C, H, W): (C, H, W // 2 + 1)."""
    centered = images - images.mean((-2, -1), keepdim=True)
    return to_spectrum(centered).abs().mean(0)


@lru_cache(maxsize=8)
def measured_magnitude(statistics: str, height: int, width: int) -> Tensor:
    """The same, measured on the first images of a bundled set at this size."""
    return magnitude_of(read_images(ImageSet.bundled(statistics), (height, width), _MEASURED_ON))


def read_images(
    images: Iterable[Sample | Image.Image], size: tuple[int, int], max_images: int | None = None
) -> Tensor:
    """Images resized to (height, width) -> (N, 3, H, W) in [0, 1].

    Raises:
        BadInput: no image came.
    """
    rows = [_pixels(image, size) for image in islice(images, max_images)]
    if not rows:
        raise BadInput("Statistics of images take one image at least.", code="images")
    return torch.stack(rows)


def _pixels(image: Sample | Image.Image, size: tuple[int, int]) -> Tensor:
    pil_image = image.image if isinstance(image, Sample) else image
    resized = pil_image.convert("RGB").resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.asarray(resized, np.float32) / 255).movedim(-1, 0)


@cache
def _measured_colors(statistics: str) -> Tensor:
    images = ImageSet.bundled(statistics)
    side = images[0].image.size[::-1]
    return color_matrix_of(read_images(images, side, _MEASURED_ON))


def _longest_one(matrix: Tensor) -> Tensor:
    longest: Tensor = matrix.norm(dim=0).max()
    return matrix / longest
