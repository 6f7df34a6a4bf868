"""Handwritten digits: scikit-learn's 1,797 scans, split once into training and held-out images."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DIGITS_SIZE = 32
DIGITS_CLASSES = tuple(str(digit) for digit in range(10))
DIGITS_HELD_OUT = 500


@lru_cache(maxsize=1)
def _scans() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return (digits.images * (255 / 16)).round().astype(np.uint8), digits.target.astype(np.int64)


def digits_split() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of the training and of the 500 held-out scans; always the same, none in both."""
    order = np.random.default_rng(0).permutation(len(_scans()[0]))
    return np.sort(order[DIGITS_HELD_OUT:]), np.sort(order[:DIGITS_HELD_OUT])


def digit_image(position: int) -> tuple[Image.Image, str]:
    """Return scan `position` of scikit-learn's as a 32x32 RGB image, white on black, and its label."""
    scans, targets = _scans()
    scan = Image.fromarray(scans[position]).resize((DIGITS_SIZE, DIGITS_SIZE), Image.Resampling.BICUBIC)
    return scan.convert("RGB"), DIGITS_CLASSES[targets[position]]
