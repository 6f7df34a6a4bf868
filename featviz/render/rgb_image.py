"""Any image -> RGB, eight bits, upright, as a viewer shows it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from featviz.errors import BadImage

__all__ = ["eight_bits", "orientation", "over_white", "rgb_image"]

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def rgb_image(image: Image.Image) -> Image.Image:
    """The image as RGB; itself where it is that already.

    16-bit gray is divided by 257; 32-bit integers and floats are stretched from their minimum to their maximum;
    transparent pixels are laid over white; EXIF orientation is applied.

    Raises:
        BadImage: some of its values are not finite.
    """
    turn = orientation(image)
    shown = over_white(eight_bits(image))
    return shown if turn is None else shown.transpose(turn)


def orientation(image: Image.Image) -> Image.Transpose | None:
    """The turn that its EXIF data asks for."""
    try:
        return _TURNS.get(int(image.getexif().get(ExifTags.Base.Orientation, 1)))
    except Exception:  # damaged EXIF raises many types; the image is good without it
        return None


def eight_bits(image: Image.Image, *, largest: tuple[int, int] | None = None) -> Image.Image:
    """The same image as RGB, or as RGBA where some of it may be transparent.

    Args:
        image: in any mode.
        largest: width and height to which 32-bit values are reduced before they are stretched.
    """
    if image.mode.startswith("I;16"):
        return _gray(np.asarray(image).astype(np.float32) / 257)
    if image.mode in ("I", "F"):
        return _gray(_stretch(image, largest))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode == "RGB" else image.convert("RGB")


def over_white(image: Image.Image) -> Image.Image:
    """Transparent pixels laid over white."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _stretch(image: Image.Image, largest: tuple[int, int] | None) -> NDArray[np.float64]:
    """32-bit values -> 0 to 255; a constant image becomes black."""
    values = np.asarray(image)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise BadImage(
            "Some pixels of this image are not finite numbers: save it again without them.", code="not_finite"
        )
    if largest is not None:
        image.thumbnail(largest, Image.Resampling.LANCZOS)
    return (np.asarray(image).astype(np.float64) - low) * (255 / (high - low) if high > low else 0)


def _gray(values: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.rint(values).clip(0, 255).astype(np.uint8)).convert("RGB")
