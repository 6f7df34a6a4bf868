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

__all__ = ["describe", "steps"]

_BATCH = 32
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
    if not _SMALLEST <= size <= _LARGEST:
        raise BadInput(f"The size is from {_SMALLEST} to {_LARGEST} pixels; {size} came.", code="size")
    return _steps(images, descriptor, size, complete)


def _steps(
    images: ImageSet, descriptor: str, size: int, options: dict[str, Any]
) -> Iterator[Progress[Embeddings]]:
    names: list[tuple[str, str | None]] = []
    skipped: list[Skipped] = []
    vectors: list[Vectors] = []
    for first in range(0, len(images), _BATCH):
        positions = range(first, min(first + _BATCH, len(images)))
        read = [images.read(position) for position in positions]
        samples = [each for each in read if isinstance(each, Sample)]
        skipped += (each for each in read if isinstance(each, Skipped))
        if samples:
            pixels = np.stack([_resized(each.image, size) for each in samples])
            vectors.append(DESCRIPTORS[descriptor].function(pixels, **options).astype(np.float32))
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


def _resized(image: Image.Image, size: int) -> NDArray[np.uint8]:
    resized = image.convert("RGB")
    if resized.size != (size, size):
        resized = resized.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(resized, np.uint8)
