"""Changes that leave what an image shows: weak and strong noise, blur, contrast, JPEG, in five severities."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL import Image, ImageFilter

from featviz.data.images.reading import read_image
from featviz.data.sets.image_set import ImageSet, Sample
from featviz.registry import Range, Registry

__all__ = ["CORRUPTIONS", "corrupted_set"]

CORRUPTIONS = Registry("corruption of images")
"""Each is a function (RGB image, generator, *, severity) -> RGB image of the same size."""

Severity = Annotated[int, Range(1, 5)]
_BENCHMARK = "Hendrycks & Dietterich 2019, arXiv:1903.12261"
_WEAK_NOISE = (0.01, 0.03, 0.05, 0.07, 0.1)
_NOISE = (0.08, 0.12, 0.18, 0.26, 0.38)
_BLUR = (1, 2, 3, 4, 6)
_BLUR_SIDE = 224
_CONTRAST = (0.4, 0.3, 0.2, 0.1, 0.05)
_QUALITY = (25, 18, 15, 10, 7)


@CORRUPTIONS.register("Gaussian noise", reference=_BENCHMARK, passes=0)
def noise(image: Image.Image, generator: np.random.Generator, *, severity: Severity = 3) -> Image.Image:
    """Gaussian noise of a deviation of 0.08 to 0.38 of the range of values."""
    return _noisy(image, generator, _NOISE[severity - 1])


@CORRUPTIONS.register("Weak Gaussian noise", reference="Ford et al. 2019, arXiv:1901.10513", passes=0)
def weak_noise(image: Image.Image, generator: np.random.Generator, *, severity: Severity = 3) -> Image.Image:
    """Gaussian noise that is hardly seen: a deviation of 0.01 to 0.1 of the range of values."""
    return _noisy(image, generator, _WEAK_NOISE[severity - 1])


@CORRUPTIONS.register("Gaussian blur", reference=_BENCHMARK, passes=0)
def blur(image: Image.Image, _: np.random.Generator, *, severity: Severity = 3) -> Image.Image:
    """Gaussian blur of 1 to 6 pixels in an image whose shorter side has 224, as much in proportion in others."""
    return image.filter(ImageFilter.GaussianBlur(_BLUR[severity - 1] * min(image.size) / _BLUR_SIDE))


@CORRUPTIONS.register("Contrast", reference=_BENCHMARK, passes=0)
def contrast(image: Image.Image, _: np.random.Generator, *, severity: Severity = 3) -> Image.Image:
    """Every channel drawn towards its mean: 0.4 to 0.05 of the contrast is left."""
    values = np.asarray(image, np.float32) / 255
    means = values.mean((0, 1), keepdims=True)
    return _to_image((values - means) * _CONTRAST[severity - 1] + means)


@CORRUPTIONS.register("JPEG", reference=_BENCHMARK, passes=0)
def jpeg(image: Image.Image, _: np.random.Generator, *, severity: Severity = 3) -> Image.Image:
    """Compressed as a JPEG of quality 25 to 7."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY[severity - 1])
    return read_image(file.getvalue())


def corrupted_set(images: ImageSet, corruption: str, severity: int, seed: int = 0) -> ImageSet:
    """The same images, corrupted; ids and labels stay.

    Args:
        images: any set.
        corruption: an id out of `CORRUPTIONS`: noise, weak_noise, blur, contrast, jpeg.
        severity: from 1 to 5.
        seed: of the noise, together with the image's index.

    Raises:
        BadInput: no such corruption or severity.
    """
    method = CORRUPTIONS[corruption]
    method.complete({"severity": severity})
    corrupted = _Corrupted(images, corruption, severity, seed)
    name = f"{images.name}, {method.name} {severity}"
    return ImageSet(
        name, len(images), corrupted.sample, images.classes, digest=corrupted.digest, entries=images.entries
    )


@dataclass(frozen=True, eq=False)
class _Corrupted:
    """Makes the images of a corrupted set; plain data, which can be sent to another process."""

    images: ImageSet
    corruption: str
    severity: int
    seed: int

    def sample(self, index: int) -> Sample:
        original, method = self.images[index], CORRUPTIONS[self.corruption]
        generator, options = np.random.default_rng((self.seed, index)), {"severity": self.severity}
        corrupted = method.function(original.image.convert("RGB"), generator, **method.complete(options))
        return Sample(corrupted, original.id, original.label)

    def digest(self, index: int) -> str:
        text = f"{self.images.digest(index)} {self.corruption} {self.severity} {self.seed} {index}"
        return hashlib.sha256(text.encode()).hexdigest()


def _noisy(image: Image.Image, generator: np.random.Generator, deviation: float) -> Image.Image:
    values = np.asarray(image, np.float32) / 255
    return _to_image(values + generator.normal(scale=deviation, size=values.shape))


def _to_image(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Image.Image:
    return Image.fromarray(np.rint(values.clip(0, 1) * 255).astype(np.uint8))
