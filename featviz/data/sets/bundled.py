"""The image sets that come with featviz: Shapes, handwritten digits, two photographs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.data.images.reading import image_digest
from featviz.data.sets.digits import DIGITS_CLASSES, DIGITS_HELD_OUT, digit_image, digits_split
from featviz.data.sets.image_set import ImageSet, Sample
from featviz.data.shapes.shapes import (
    HELD_OUT_LENGTH,
    HELD_OUT_SEED,
    SHAPES_CLASSES,
    ShapesFactors,
    shapes_factors,
    shapes_image,
)
from featviz.errors import BadInput

__all__ = ["BUNDLED_LENGTHS", "MAPPED_LENGTHS", "open_bundled"]

_PHOTOS = ("china", "flower")

BUNDLED_LENGTHS: dict[str, tuple[int, int]] = {
    "shapes": (HELD_OUT_LENGTH, 10_000),
    "digits": (DIGITS_HELD_OUT, 1_797),
    "photos": (len(_PHOTOS), len(_PHOTOS)),
}
"""How many images a set has where nobody says otherwise, and at most."""

MAPPED_LENGTHS = {"shapes": HELD_OUT_LENGTH, "digits": 1_797, "photos": len(_PHOTOS)}
"""How many images a map of a set shows: of the digits all, those learned from included."""


def open_bundled(name: str, length: int | None = None) -> ImageSet:
    """Open a bundled set; arguments and errors as `ImageSet.bundled`."""
    if name not in BUNDLED_LENGTHS:
        raise BadInput(
            f"No bundled image set is called {name!r}; choose one of {', '.join(BUNDLED_LENGTHS)}.",
            code="ImageSetNotFound",
        )
    usual, most = BUNDLED_LENGTHS[name]
    wanted = usual if length is None else length
    if not 1 <= wanted <= most:
        raise BadInput(f"The set {name} has 1 to {most:,} images; {wanted:,} were asked for.", code="length")
    return _OPENED[name](wanted)


def _shapes(length: int) -> ImageSet:
    return ImageSet(
        "shapes",
        length,
        _shapes_sample,
        SHAPES_CLASSES,
        digest=_digest_of(_shapes_sample),
        factors=_shapes_factors,
    )


def _shapes_sample(index: int) -> Sample:
    picture = shapes_image(HELD_OUT_SEED, index)
    image = Image.fromarray(picture.pixels)
    return Sample(image, f"shapes/{index}", picture.factors.label, picture.mask, picture.factors)


def _shapes_factors(index: int) -> ShapesFactors:
    return shapes_factors(HELD_OUT_SEED, index)


def _digits(length: int) -> ImageSet:
    return ImageSet("digits", length, _digits_sample, DIGITS_CLASSES, digest=_digest_of(_digits_sample))


def _digits_sample(index: int) -> Sample:
    image, label = digit_image(int(_held_out_first()[index]))
    return Sample(image, f"digits/{index}", label)


@lru_cache(maxsize=1)
def _held_out_first() -> NDArray[np.int64]:
    training, held_out = digits_split()
    return np.concatenate([held_out, training])


def _photos(length: int) -> ImageSet:
    return ImageSet("photos", length, _photo)


def _photo(index: int) -> Sample:
    from sklearn.datasets import load_sample_image

    name = _PHOTOS[index]
    return Sample(Image.fromarray(load_sample_image(f"{name}.jpg")), f"photos/{name}")


@lru_cache(maxsize=8)
def _made_by(sample: Callable[[int], Sample], pictures: int) -> str:
    """What code makes: a digest of its first pictures, which stands for all of them."""
    pixels = "".join(image_digest(sample(index).image) for index in range(pictures))
    return hashlib.sha256(pixels.encode()).hexdigest()


def _digest_of(sample: Callable[[int], Sample]) -> Callable[[int], str]:
    return lambda index: hashlib.sha256(f"{_made_by(sample, 2)} {index}".encode()).hexdigest()


_OPENED: dict[str, Callable[[int], ImageSet]] = {"shapes": _shapes, "digits": _digits, "photos": _photos}
