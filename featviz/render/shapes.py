"""Drawings of rectangles, lines and words that are written as SVG or painted as PNG, from one list of shapes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from featviz.render.captioned import drawable

__all__ = ["Line", "Rectangle", "Shape", "Text", "rasterize", "to_svg"]

Anchor = Literal["start", "middle", "end"]
_LETTERS = '"Source Sans 3", "Source Sans Pro", "Helvetica Neue", Arial, sans-serif'
_SCALE = 3
"""Pixels of a PNG for each unit."""


@dataclass(frozen=True)
class Rectangle:
    """A rectangle by its upper left corner; `fill` and `stroke` are "#rrggbb", "" for none."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    stroke: str = ""
    line: float = 1.0


@dataclass(frozen=True)
class Line:
    """A line from one end to the other."""

    start: tuple[float, float]
    end: tuple[float, float]
    stroke: str
    line: float = 0.7


@dataclass(frozen=True)
class Text:
    """Text in one line, of which (x, y) is the start, the middle or the end, halfway up; `turned` reads upwards."""

    x: float
    y: float
    text: str
    size: float
    fill: str
    anchor: Anchor = "start"
    turned: bool = False


Shape = Rectangle | Line | Text


def to_svg(shapes: Sequence[Shape], size: tuple[float, float], paper: str = "#ffffff") -> bytes:
    """The drawing as SVG, on paper.

    Args:
        shapes: from the lowest to the topmost.
        size: width and height.
        paper: color of the ground.
    """
    width, height = size
    lines = [_svg(each) for each in (Rectangle(0, 0, width, height, paper), *shapes)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f"viewBox=\"0 0 {width:g} {height:g}\" font-family='{_LETTERS}'>"
    )
    return "\n".join((head, *lines, "</svg>\n")).encode()


def rasterize(shapes: Sequence[Shape], size: tuple[float, float], paper: str = "#ffffff") -> bytes:
    """The same drawing as PNG, three pixels a unit; arguments as `to_svg`."""
    image = Image.new("RGB", (round(size[0] * _SCALE), round(size[1] * _SCALE)), paper)
    pen = ImageDraw.Draw(image)
    for each in shapes:
        _paint(image, pen, each)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _svg(shape: Shape) -> str:
    if isinstance(shape, Rectangle):
        outline = f' stroke="{shape.stroke}" stroke-width="{shape.line:g}"' if shape.stroke else ""
        return (
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" '
            f'fill="{shape.fill or "none"}"{outline}/>'
        )
    if isinstance(shape, Line):
        (x, y), (to_x, to_y) = shape.start, shape.end
        return (
            f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="{shape.stroke}" '
            f'stroke-width="{shape.line:g}"/>'
        )
    turn = f' transform="rotate(-90 {shape.x:g} {shape.y:g})"' if shape.turned else ""
    return (
        f'<text x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}" fill="{shape.fill}" '
        f'text-anchor="{shape.anchor}" dominant-baseline="central"{turn}>{escape(shape.text)}</text>'
    )


def _paint(image: Image.Image, pen: ImageDraw.ImageDraw, shape: Shape) -> None:
    if isinstance(shape, Rectangle):
        box = [_SCALE * each for each in (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)]
        width = round(shape.line * _SCALE) if shape.stroke else 0
        pen.rectangle(box, shape.fill or None, shape.stroke or None, width)
    elif isinstance(shape, Line):
        ends = [_SCALE * each for each in (*shape.start, *shape.end)]
        pen.line(ends, shape.stroke, max(1, round(shape.line * _SCALE)))
    else:
        _write(image, shape)


def _write(image: Image.Image, words: Text) -> None:
    font = ImageFont.load_default(words.size * _SCALE)
    text = drawable(words.text)
    left, top, right, bottom = font.getbbox(text, anchor="lm")
    size = (max(1, round(right - left)), max(1, round(bottom - top)))
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).text((-left, -top), text, 255, font, anchor="lm")
    back = {"start": 0.0, "middle": size[0] / 2, "end": float(size[0])}[words.anchor]
    x, y = words.x * _SCALE, words.y * _SCALE
    if words.turned:
        mask = mask.transpose(Image.Transpose.ROTATE_90)
        corner = (x + top, y - size[0] + back)
    else:
        corner = (x - back, y + top)
    image.paste(words.fill, (round(corner[0]), round(corner[1])), mask)
