"""A contact sheet: images in rows and columns with words beside and above them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from featviz.errors import BadInput

__all__ = ["sheet"]

_GAP = 6
_HEAD = 22
_LETTER = 7
_INK = {False: "#1d2529", True: "#e3e9ec"}
_PAPER = {False: "#ffffff", True: "#12181b"}


def sheet(
    tiles: Sequence[Sequence[NDArray[np.uint8] | None]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    tile: int = 160,
    dark: bool = False,
) -> NDArray[np.uint8]:
    """Draw a contact sheet.

    Args:
        tiles: images (H, W, 3), one sequence for each row; None leaves a cell empty.
        rows: what stands before each row.
        columns: what stands above each column.
        tile: side of an image in pixels.
        dark: light words on a dark ground.

    Returns:
        (height, width, 3) uint8.

    Raises:
        BadInput: heads and tiles do not belong together.
    """
    if len(tiles) != len(rows) or any(len(row) != len(columns) for row in tiles):
        raise BadInput("A sheet needs a head for each row and each column of its tiles.", code="sheet")
    margin = max((len(row) for row in rows), default=0) * _LETTER + _GAP
    size = (margin + len(columns) * (tile + _GAP), _HEAD + len(rows) * (tile + _GAP))
    paper = Image.new("RGB", size, _PAPER[dark])
    pen, letters = ImageDraw.Draw(paper), ImageFont.load_default(12)
    for number, name in enumerate(columns):
        left = margin + number * (tile + _GAP)
        pen.text((left, 4), _truncated(name, tile), _INK[dark], letters)
    for number, (name, row) in enumerate(zip(rows, tiles, strict=True)):
        top = _HEAD + number * (tile + _GAP)
        pen.text((_GAP, top + tile // 2 - 7), name, _INK[dark], letters)
        for column, image in enumerate(row):
            if image is not None:
                small = Image.fromarray(image).resize((tile, tile), Image.Resampling.BICUBIC)
                paper.paste(small, (margin + column * (tile + _GAP), top))
    return np.asarray(paper)


def _truncated(name: str, width: int) -> str:
    max_letters = width // _LETTER
    return name if len(name) <= max_letters else name[: max_letters - 1] + "…"
