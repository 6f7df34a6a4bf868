"""The image sets that come with featviz: Shapes, handwritten digits, photographs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.data.images.reading import image_digest
from featviz.data.sets.digits import DIGITS_CLASSES, DIGITS_HELD_OUT, digit_image, digits_split
from featviz.data.sets.photographs import PHOTOGRAPHS, photograph
from featviz.data.sets.registry import BUNDLED_SETS, BundledSet
from featviz.data.sets.sample import Sample
from featviz.data.shapes.shapes import (
    HELD_OUT_LENGTH,
    HELD_OUT_SEED,
    SHAPES_CLASSES,
    ShapesFactors,
    shapes_factors,
    shapes_image,
)

__all__: list[str] = []


def _shapes_sample(index: int) -> Sample:
    rendered = shapes_image(HELD_OUT_SEED, index)
    image = Image.fromarray(rendered.pixels)
    return Sample(image, f"shapes/{index}", rendered.factors.label, rendered.mask, rendered.factors)


def _shapes_factors(index: int) -> ShapesFactors:
    return shapes_factors(HELD_OUT_SEED, index)


def _digits_sample(index: int) -> Sample:
    image, label = digit_image(int(_held_out_first()[index]))
    return Sample(image, f"digits/{index}", label)


@lru_cache(maxsize=1)
def _held_out_first() -> NDArray[np.int64]:
    training, held_out = digits_split()
    return np.concatenate([held_out, training])


def _photo(index: int) -> Sample:
    name = PHOTOGRAPHS[index]
    return Sample(photograph(name), f"photos/{name}")


@lru_cache(maxsize=8)
def _code_digest(sample: Callable[[int], Sample], image_count: int) -> str:
    """What code makes: a digest of its first images, which stands for all of them."""
    pixels = "".join(image_digest(sample(index).image) for index in range(image_count))
    return hashlib.sha256(pixels.encode()).hexdigest()


def _digest(sample: Callable[[int], Sample], index: int) -> str:
    return hashlib.sha256(f"{_code_digest(sample, 2)} {index}".encode()).hexdigest()


BUNDLED_SETS["shapes"] = BundledSet(
    _shapes_sample,
    usual=HELD_OUT_LENGTH,
    max_length=10_000,
    shown=HELD_OUT_LENGTH,
    classes=SHAPES_CLASSES,
    digest=partial(_digest, _shapes_sample),
    factors=_shapes_factors,
)
BUNDLED_SETS["digits"] = BundledSet(
    _digits_sample,
    usual=DIGITS_HELD_OUT,
    max_length=1_797,
    shown=1_797,  # all, those learned from included
    classes=DIGITS_CLASSES,
    digest=partial(_digest, _digits_sample),
)
BUNDLED_SETS["photos"] = BundledSet(
    _photo, usual=len(PHOTOGRAPHS), max_length=len(PHOTOGRAPHS), shown=len(PHOTOGRAPHS)
)
