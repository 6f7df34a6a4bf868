"""Image descriptors that were made by hand before networks learned theirs; the kernels are scikit-image's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Range, Registry

__all__ = ["DESCRIPTORS", "Doubles", "Images"]

Images = NDArray[np.uint8]
Doubles = NDArray[np.float64]

DESCRIPTORS = Registry("descriptor")
"""Each is a function (images, *, options) -> vectors: RGB images (n, H, W, 3) in 0 to 255 to (n, d)."""

_LUMA = np.array([0.299, 0.587, 0.114])


@DESCRIPTORS.register(
    "Histogram of oriented gradients (HOG)",
    reference="Dalal & Triggs 2005, doi:10.1109/CVPR.2005.177",
    passes=0,
)
def hog(
    images: Images,
    *,
    orientations: Annotated[int, Range(2, 18)] = 9,
    cell: Annotated[int, Range(4, 32)] = 8,
) -> Doubles:
    """How strong edges of each direction are in each cell, blocks of 2 x 2 cells normalized together (L2-Hys).

    Args:
        images: RGB.
        orientations: directions from 0 to 180 degrees.
        cell: its edge in pixels.
    """
    from skimage.feature import hog as gradients

    return np.stack(
        [
            gradients(
                image,
                orientations=orientations,
                pixels_per_cell=(cell, cell),
                cells_per_block=(2, 2),
                block_norm="L2-Hys",
                channel_axis=-1,
            )
            for image in images
        ]
    )


@DESCRIPTORS.register("Color histogram", reference="Swain & Ballard 1991, doi:10.1007/BF00130487", passes=0)
def color_histogram(images: Images, *, bins: Annotated[int, Range(2, 8)] = 4) -> Doubles:
    """The share of pixels in each cell of the RGB cube: the whole color, and nothing of where it is.

    Args:
        images: RGB.
        bins: per channel; the vector has bins³ numbers that sum to 1.
    """
    codes = images.astype(np.int64) * bins // 256
    cells = (codes[..., 0] * bins + codes[..., 1]) * bins + codes[..., 2]
    return _histograms(cells.reshape(len(images), -1), bins**3)


@DESCRIPTORS.register(
    "Local binary patterns", reference="Ojala et al. 2002, doi:10.1109/TPAMI.2002.1017623", passes=0
)
def local_binary_patterns(images: Images, *, radii: Annotated[int, Range(1, 4)] = 3) -> Doubles:
    """The share of pixels with each uniform pattern of brighter and darker neighbors on circles: gray texture.

    Patterns are counted whatever their rotation; a circle of radius r has 8 r points and 8 r + 2 patterns.

    Args:
        images: RGB.
        radii: circles of radius 1 to this, in pixels, side by side.
    """
    from skimage.feature import local_binary_pattern

    pattern: Callable[..., Doubles] = local_binary_pattern
    gray = np.rint(images @ _LUMA).astype(np.uint8)
    parts = []
    for radius in range(1, radii + 1):
        codes = np.stack([pattern(each, 8 * radius, radius, "uniform") for each in gray])
        parts.append(_histograms(codes.astype(np.int64).reshape(len(images), -1), 8 * radius + 2))
    return np.concatenate(parts, axis=1)


@DESCRIPTORS.register(
    "Gabor energies", reference="Jain & Farrokhnia 1991, doi:10.1016/0031-3203(91)90143-S", passes=0
)
def gabor(
    images: Images,
    *,
    orientations: Annotated[int, Range(2, 12)] = 6,
    octaves: Annotated[int, Range(1, 5)] = 4,
    statistics: Literal["mean", "mean_and_deviation"] = "mean_and_deviation",
) -> Doubles:
    """The energy |image * g| of Gabor filters g of each orientation and frequency, over all positions.

    Frequencies are 1/4, 1/8, ... cycles a pixel; the image is gray in 0 to 1 less its mean, and mirrored at its border.

    Args:
        images: RGB.
        orientations: from 0 to 180 degrees.
        octaves: how many frequencies.
        statistics: of the energy over the positions; the deviation is Manjunath and Ma's addition.
    """
    gray = images @ (_LUMA / 255)
    gray = gray - gray.mean((1, 2), keepdims=True)
    angles = np.arange(orientations) * np.pi / orientations
    energies = [_energy(gray, 0.25 / 2**octave, angle) for octave in range(octaves) for angle in angles]
    means = np.stack([each.mean((1, 2)) for each in energies], axis=1)
    if statistics == "mean":
        return means
    return np.concatenate([means, np.stack([each.std((1, 2)) for each in energies], axis=1)], axis=1)


def _energy(gray: Doubles, frequency: float, angle: float) -> Doubles:
    """|image * g| at every position (n, H, W)."""
    from scipy.signal import fftconvolve
    from skimage.filters import gabor_kernel

    kernel = gabor_kernel(frequency, theta=angle, n_stds=2)  # type: ignore[no-untyped-call]
    rows, columns = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(gray, ((0, 0), (rows, rows), (columns, columns)), mode="symmetric")
    energy: Doubles = np.abs(fftconvolve(padded, kernel[None], mode="valid", axes=(1, 2)))
    return energy


def _histograms(codes: NDArray[np.int64], count: int) -> Doubles:
    """The share of each code in each row of (n, pixels), (n, count)."""
    rows = np.arange(len(codes))[:, None] * count
    counts = np.bincount((codes + rows).ravel(), minlength=len(codes) * count)
    return np.asarray(counts.reshape(-1, count) / codes.shape[1])
