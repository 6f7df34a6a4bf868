"""A heatmap over its image, weak values more transparent than strong ones; `overlay` mixes all alike."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.errors import BadInput
from featviz.render.colormaps import Colormap
from featviz.render.normalization import Scale, Values

__all__ = ["heatmap_overlay"]

_STRENGTH_GAIN = 2
_WEAK_EXPONENT = 5
_LUMINANCE = np.array([0.213, 0.715, 0.072])
"""As browsers take the colour out of images: W3C Filter Effects, section 9.6."""


def heatmap_overlay(
    image: NDArray[np.uint8],
    values: Values,
    scale: Scale,
    colormap: Colormap,
    opacity: float,
    *,
    side: int = 0,
) -> NDArray[np.uint8]:
    """Mix an image, greyed, with the colours of a map, weak values less than strong ones.

    With m = min(1, 2 |v| / limit), a value covers the share a (m + (1 - m) a^5) of the image at opacity a, and
    the image keeps (1 - a)^2 of its colour: 0 shows the image alone, 1 the map alone. The same as on the
    screen.

    Args:
        image: (H, W, 3).
        values: the map (h, w), enlarged by interpolating values.
        scale: what the colours stand for.
        colormap: diverging for symmetric scales.
        opacity: 0 to 1.
        side: of the result where it shall be larger, in pixels of the longer side.

    Raises:
        BadInput: the image is none, or the opacity lies outside [0, 1].
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not 0 <= opacity <= 1:
        raise BadInput(
            f"An image {image.dtype} {image.shape} and opacity {opacity} came.", code="bad_overlay"
        )
    factor = max(1.0, side / max(image.shape[:2]))
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    resized = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC), np.float64)
    large = np.asarray(
        Image.fromarray(np.asarray(values, np.float32)).resize(size, Image.Resampling.BILINEAR)
    )
    limit = max(abs(scale.low), abs(scale.high))
    strength = np.minimum(1, _STRENGTH_GAIN * np.abs(large) / limit) if limit else np.zeros_like(large)
    alpha = (opacity * (strength + (1 - strength) * opacity**_WEAK_EXPONENT))[..., None]
    gray = (resized @ _LUMINANCE)[..., None]
    base = gray + (1 - opacity) ** 2 * (resized - gray)
    mixed: NDArray[np.uint8] = np.rint(
        base * (1 - alpha) + colormap.colors(scale.to_uint8(large)) * alpha
    ).astype(np.uint8)
    return mixed
