"""A matrix with names as a figure for a paper: cells, names, color bar, caption; as SVG or PNG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.render.colormaps import Colormap
from featviz.render.shapes import Line, Rectangle, Shape, Text, rasterize, to_svg

__all__ = ["MatrixFigure"]

_CELL, _MARGIN, _LETTER, _SIZE = 20.0, 16.0, 5.6, 10.0
_INK, _QUIET, _EMPTY, _HATCH = "#1d2529", "#56646b", "#eef1f2", "#b4bfc4"
_BAR = (140.0, 8.0)


@dataclass(frozen=True, eq=False)
class MatrixFigure:
    """A figure of a matrix.

    Attributes:
        values: (rows, columns); what is not finite is left empty.
        rows: names, from the top.
        columns: names, from the left.
        down: what the rows are.
        across: what the columns are.
        low: value of the first color.
        high: value of the last color.
        colormap: the colors.
        dimmed: (rows, columns) which cells are hatched in place of their color.
        dimmed_means: what that means; it stands in the legend where a cell is hatched.
        framed: (rows, columns) which cells are framed.
        framed_means: what that means.
        caption: lines below.
    """

    values: NDArray[np.float64]
    rows: Sequence[str]
    columns: Sequence[str]
    down: str
    across: str
    low: float
    high: float
    colormap: Colormap
    dimmed: NDArray[np.bool_]
    dimmed_means: str
    framed: NDArray[np.bool_]
    framed_means: str
    caption: Sequence[str] = ()

    def svg(self) -> bytes:
        """As SVG."""
        return to_svg(list(self._shapes()), self._size)

    def png(self) -> bytes:
        """As PNG, 60 pixels a cell."""
        return rasterize(list(self._shapes()), self._size)

    @property
    def _corner(self) -> tuple[float, float]:
        """The upper left corner of the first cell."""
        left = _MARGIN + 16 + _longest(self.rows)
        return left, _MARGIN + 16 + _longest(self.columns)

    @property
    def _size(self) -> tuple[float, float]:
        left, _top = self._corner
        wide = max(len(self.columns) * _CELL, 330.0, _longest(self.caption) + _MARGIN - left)
        return left + wide + _MARGIN, self._below + 2 * 18 + 15 * len(self.caption) + _MARGIN

    @property
    def _below(self) -> float:
        return self._corner[1] + len(self.rows) * _CELL + 14

    def _shapes(self) -> Iterator[Shape]:
        left, top = self._corner
        yield Text(left, _MARGIN + 4, self.across, _SIZE + 1, _INK)
        yield Text(_MARGIN + 4, top, self.down, _SIZE + 1, _INK, "end", turned=True)
        for number, name in enumerate(self.rows):
            yield Text(left - 6, top + (number + 0.5) * _CELL, name, _SIZE, _QUIET, "end")
        for number, name in enumerate(self.columns):
            yield Text(left + (number + 0.5) * _CELL, top - 6, name, _SIZE, _QUIET, turned=True)
        for row, column in np.ndindex(*self.values.shape):
            yield from self._cell(row, column)
        yield from self._legend(left, self._below)
        for number, line in enumerate(self.caption):
            yield Text(_MARGIN, self._below + 40 + 15 * number, line, _SIZE, _INK)

    def _cell(self, row: int, column: int) -> Iterator[Shape]:
        left, top = self._corner
        x, y = left + column * _CELL, top + row * _CELL
        value = self.values[row, column]
        if not np.isfinite(value):
            yield Rectangle(x + 1, y + 1, _CELL - 2, _CELL - 2, "", _HATCH, 0.7)
        elif self.dimmed[row, column]:
            yield from _hatched(x, y, _CELL)
        else:
            yield Rectangle(x, y, _CELL, _CELL, self._color(value))
        if self.framed[row, column]:
            yield Rectangle(x + 2, y + 2, _CELL - 4, _CELL - 4, "", "#ffffff", 1.6)
            yield Rectangle(x + 3, y + 3, _CELL - 6, _CELL - 6, "", "#000000", 0.8)

    def _color(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        level = np.uint8(round(255 * min(1.0, max(0.0, float(share)))))
        return _hex(self.colormap.table[level])

    def _legend(self, left: float, top: float) -> Iterator[Shape]:
        yield Text(left, top + 6, f"{self.low:g}", _SIZE, _QUIET, "end")
        steps = 64
        for step in range(steps):
            color = _hex(self.colormap.table[round(255 * step / (steps - 1))])
            yield Rectangle(left + 6 + step * _BAR[0] / steps, top + 2, _BAR[0] / steps + 0.3, _BAR[1], color)
        yield Text(left + _BAR[0] + 12, top + 6, f"{self.high:g}", _SIZE, _QUIET)
        x = left + _BAR[0] + 40
        if self.dimmed.any():
            yield from _hatched(x, top, 12)
            yield Text(x + 18, top + 6, self.dimmed_means, _SIZE, _QUIET)
        if self.framed.any():
            yield Rectangle(x + 1, top + 18, 10, 10, "", _INK, 1.2)
            yield Text(x + 18, top + 23, self.framed_means, _SIZE, _QUIET)


def _hatched(x: float, y: float, side: float) -> Iterator[Shape]:
    yield Rectangle(x, y, side, side, _EMPTY)
    step = side / 4
    for number in range(1, 8):
        offset = number * step
        start = (x + max(0.0, offset - side), y + min(offset, side))
        end = (x + min(offset, side), y + max(0.0, offset - side))
        yield Line(start, end, _HATCH)


def _longest(words: Sequence[str]) -> float:
    return max((len(each) for each in words), default=0) * _LETTER + 8


def _hex(color: NDArray[np.uint8]) -> str:
    return f"#{color.tobytes().hex()}"
