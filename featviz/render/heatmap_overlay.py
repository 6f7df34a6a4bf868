"""A map laid over its picture so that what says nothing lets the picture through."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.errors import BadInput
from featviz.render.colour_maps import ColourMap
from featviz.render.normalisation import Scale, Values

__all__ = ["laid_over"]

_SOON = 2
_LATE = 5
_BRIGHTNESS = np.array([0.213, 0.715, 0.072])
"""As browsers take the colour out of pictures: W3C Filter Effects, section 9.6."""


def laid_over(
    picture: NDArray[np.uint8],
    values: Values,
    scale: Scale,
    colour_map: ColourMap,
    opacity: float,
    *,
    side: int = 0,
) -> NDArray[np.uint8]:
    """Mix a picture, greyed, with the colours of a map, weak values less than strong ones.

    With m = min(1, 2 |v| / limit), a value covers the share a (m + (1 - m) a^5) of the picture at opacity a, and
    the picture keeps (1 - a)^2 of its colour: 0 shows the picture alone, 1 the map alone. The same as on the
    screen.

    Args:
        picture: (H, W, 3).
        values: the map (h, w), enlarged by interpolating values.
        scale: what the colours stand for.
        colour_map: diverging for symmetric scales.
        opacity: 0 to 1.
        side: of the result where it shall be larger, in pixels of the longer side.

    Raises:
        BadInput: the picture is none, or the opacity lies outside [0, 1].
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not 0 <= opacity <= 1:
        raise BadInput(
            f"A picture {picture.dtype} {picture.shape} and opacity {opacity} came.", code="bad_overlay"
        )
    times = max(1.0, side / max(picture.shape[:2]))
    size = (round(picture.shape[1] * times), round(picture.shape[0] * times))
    shown = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC), np.float64)
    large = np.asarray(
        Image.fromarray(np.asarray(values, np.float32)).resize(size, Image.Resampling.BILINEAR)
    )
    limit = max(abs(scale.low), abs(scale.high))
    strength = np.minimum(1, _SOON * np.abs(large) / limit) if limit else np.zeros_like(large)
    alpha = (opacity * (strength + (1 - strength) * opacity**_LATE))[..., None]
    grey = (shown @ _BRIGHTNESS)[..., None]
    base = grey + (1 - opacity) ** 2 * (shown - grey)
    mixed: NDArray[np.uint8] = np.rint(
        base * (1 - alpha) + colour_map.colours(scale.to_uint8(large)) * alpha
    ).astype(np.uint8)
    return mixed
