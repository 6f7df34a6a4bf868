"""Images to take away, large enough for a slide: enlarged by whole factors, with a caption and a color bar."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from featviz.errors import BadInput
from featviz.render.colormaps import Colormap
from featviz.render.normalization import Scale, describe_ends

__all__ = ["MARGIN", "MIN_SIDE", "ColorBar", "captioned", "color_bar", "drawable", "enlarged", "file_name"]

MIN_SIDE = 800
"""Pixels on the longer side that an image has at least after it was enlarged."""

MARGIN = 24
"""Pixels of paper around an image and its caption."""

_LETTERS = 20
_LINE = 28
_BAR = (320, 18)
_GAP = 12
_INK, _PAPER = "#1d2529", "#ffffff"
_LONGEST_PART, _LONGEST_NAME = 60, 180


@dataclass(frozen=True, eq=False)
class ColorBar:
    """Which colors stand for which values.

    Attributes:
        colormap: the colors.
        low: what stands at the first color.
        high: what stands at the last color.
        note: what else is to be known of the scale.
        first: the level of the first color; a symmetric scale begins at 1.
    """

    colormap: Colormap
    low: str
    high: str
    note: str = ""
    first: int = 0


def color_bar(colormap: Colormap, scales: Sequence[Scale]) -> ColorBar:
    """The bar of maps drawn with these scales.

    Raises:
        BadInput: there is no scale.
    """
    return ColorBar(colormap, *describe_ends(scales), first=int(scales[0].symmetric))


def enlarged(pixels: NDArray[np.uint8], min_side: int = MIN_SIDE) -> NDArray[np.uint8]:
    """Repeat every pixel of (H, W) or (H, W, 3) a whole number of times, until the longer side has `min_side`."""
    factor = max(1, -(-min_side // max(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def captioned(
    pixels: NDArray[np.uint8], caption: str, *, bar: ColorBar | None = None, min_side: int = MIN_SIDE
) -> NDArray[np.uint8]:
    """Enlarge an image and write below it what it shows.

    Args:
        pixels: (H, W, 3); they stand in the result `MARGIN` pixels from its left and upper edge, each as a
            square of its own color.
        caption: what is shown, in one line where it fits.
        bar: what the colors mean; none where they mean nothing.
        min_side: pixels on the longer side of the enlarged image.

    Returns:
        (height, width, 3) uint8.

    Raises:
        BadInput: the pixels are no such image.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise BadInput(
            f"An image {pixels.dtype} {pixels.shape} came; (H, W, 3) uint8 was expected.", code="bad_image"
        )
    large = enlarged(pixels, min_side)
    height, width = large.shape[:2]
    inner = max(width, _BAR[0] * 2)
    lines = _wrapped(drawable(caption), inner)
    below = height + _GAP + len(lines) * _LINE + (_GAP + _LINE if bar else 0)
    paper = Image.new("RGB", (inner + 2 * MARGIN, below + 2 * MARGIN), _PAPER)
    paper.paste(Image.fromarray(large), (MARGIN, MARGIN))
    pen, top = ImageDraw.Draw(paper), MARGIN + height + _GAP
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + number * _LINE), line, _INK, _font())
    if bar:
        _draw_bar(paper, pen, bar, top + len(lines) * _LINE + _GAP)
    return np.asarray(paper)


def file_name(parts: Sequence[str], kind: str) -> str:
    """The name of a file that says what is in it: letters, digits, dots and dashes, parts joined by underscores.

    Args:
        parts: such as network, layer, channel and image; empty ones are left out.
        kind: what stands behind the last dot, such as "png".
    """
    plain = (re.sub(r"[^A-Za-z0-9.+-]+", "-", _ascii(part)).strip("-.")[:_LONGEST_PART] for part in parts)
    return f"{'_'.join(filter(None, plain))[:_LONGEST_NAME] or 'featviz'}.{kind}"


def _draw_bar(paper: Image.Image, pen: ImageDraw.ImageDraw, bar: ColorBar, top: int) -> None:
    low, high = drawable(bar.low), drawable(bar.high)
    width, height = _BAR
    left = MARGIN + round(_font().getlength(low)) + _GAP
    levels = np.linspace(bar.first, 255, width).round().astype(np.uint8)
    paper.paste(Image.fromarray(np.tile(bar.colormap.colors(levels), (height, 1, 1))), (left, top + 3))
    pen.text((MARGIN, top), low, _INK, _font())
    said = f"{high}   {drawable(bar.note)}"
    pen.text((left + width + _GAP, top), said, _INK, _font())


def _wrapped(caption: str, width: int) -> list[str]:
    """The words in lines of at most `width` pixels, if no word is longer."""
    lines = [""]
    for word in caption.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _font().getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_LETTERS)


def drawable(text: str) -> str:
    """The text in letters that the font of pillow has."""
    return "".join(letter if letter in "·…" else _ascii(letter) for letter in text)


def _ascii(text: str) -> str:
    """Without accents; "?" for what has no such letter."""
    decomposed = unicodedata.normalize("NFKD", text.replace("×", "x"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode()
