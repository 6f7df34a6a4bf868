"""Describing every image of a set by hand-made features, as embeddings like those of a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.data.sets.sample import Sample
from featviz.errors import BadInput
from featviz.progress import Progress, finished, yield_now
from featviz.representation.descriptors.descriptors import DESCRIPTORS
from featviz.representation.embeddings import Embeddings, Vectors

__all__ = ["describe", "describe_image", "dimensions", "expected_seconds", "steps"]

_BATCH, _BATCH_SIZE = 32, 64
_SECONDS = {"hog": 1.6e-3, "color_histogram": 6e-4, "local_binary_patterns": 5e-3, "gabor": 2e-2}
"""Of an image of 64 x 64 pixels with the options each begins with, reading it included."""

_SMALLEST, _LARGEST = 32, 512


def describe(images: ImageSet, descriptor: str = "hog", *, size: int = 64, **options: Any) -> Embeddings:
    """Describe every image of a set; the result is measured, drawn, compared and searched like a layer's.

    Args:
        images: the set.
        descriptor: an id out of `DESCRIPTORS`.
        size: every image is resized to a square of this edge first, in pixels, 32 to 512.
        options: of the descriptor.

    Raises:
        BadInput: no such descriptor or option, a size out of range, or no image that can be read.
    """
    return finished(steps(images, descriptor, size=size, **options))


def steps(
    images: ImageSet, descriptor: str = "hog", *, size: int = 64, **options: Any
) -> Iterator[Progress[Embeddings]]:
    """The same, batch by batch: `Progress` counts images. Arguments and errors as `describe`."""
    complete = DESCRIPTORS[descriptor].complete(options)
    return _steps(images, descriptor, _checked(size), complete)


def describe_image(image: Image.Image, descriptor: str = "hog", *, size: int = 64, **options: Any) -> Vectors:
    """What `describe` gives for a single image: (1, d), to search with; arguments and errors as there."""
    pixels = _resized(image, _checked(size))[None]
    return _described(pixels, descriptor, DESCRIPTORS[descriptor].complete(options))


def dimensions(descriptor: str, *, size: int = 64, **options: Any) -> int:
    """How many numbers a descriptor gives for an image; arguments and errors as `describe`."""
    return int(describe_image(Image.new("RGB", (1, 1)), descriptor, size=size, **options).shape[1])


def expected_seconds(descriptor: str, count: int, size: int = 64) -> float:
    """About how long so many images of this size take."""
    times: float = max(1.0, (size / _BATCH_SIZE) ** 1.5)
    return _SECONDS.get(descriptor, max(_SECONDS.values())) * count * times


def _steps(
    images: ImageSet, descriptor: str, size: int, options: dict[str, Any]
) -> Iterator[Progress[Embeddings]]:
    names: list[tuple[str, str | None]] = []
    skipped: list[Skipped] = []
    vectors: list[Vectors] = []
    batch = max(1, min(_BATCH, _BATCH * _BATCH_SIZE**2 // size**2))
    for first in range(0, len(images), batch):
        positions = range(first, min(first + batch, len(images)))
        read = [images.read(position) for position in positions]
        samples = [each for each in read if isinstance(each, Sample)]
        skipped += (each for each in read if isinstance(each, Skipped))
        if samples:
            pixels = np.stack([_resized(each.image, size) for each in samples])
            vectors.append(_described(pixels, descriptor, options))
            names += ((each.id, each.label) for each in samples)
        yield Progress(positions.stop, len(images))
        yield_now()
    if not vectors:
        raise BadInput("No image of this set could be read.", code="no_images")
    made = Embeddings(
        np.concatenate(vectors),
        tuple(name for name, _ in names),
        tuple(label for _, label in names),
        model="hand-made",
        layer=descriptor,
        options={**options, "size": size},
        images=images.name,
        skipped=tuple(skipped),
    )
    yield Progress(len(images), len(images), result=made)


def _checked(size: int) -> int:
    if not _SMALLEST <= size <= _LARGEST:
        raise BadInput(f"The size is from {_SMALLEST} to {_LARGEST} pixels; {size} came.", code="size")
    return size


def _described(pixels: NDArray[np.uint8], descriptor: str, options: dict[str, Any]) -> Vectors:
    """The vectors (n, d) of images (n, size, size, 3)."""
    return np.asarray(DESCRIPTORS[descriptor].function(pixels, **options), np.float32)


def _resized(image: Image.Image, size: int) -> NDArray[np.uint8]:
    resized = image.convert("RGB")
    if resized.size != (size, size):
        resized = resized.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(resized, np.uint8)
