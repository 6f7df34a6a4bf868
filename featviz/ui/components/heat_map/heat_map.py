"""The heat map: a matrix whose rows and columns have names, in which a person points at cells and picks one.

The matrix goes to the browser as a payload, which it keeps while it is unchanged; a pick sends the selection alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.render.colormaps import COLORMAPS, Colormap
from featviz.ui.components.browser.component import component
from featviz.ui.components.browser.payload import Payload, pack, send

__all__ = ["Cell", "Matrix", "heat_map", "pack_matrix"]

Cell = tuple[int, int]
"""A row and a column."""

_DIMMED, _FRAMED, _UNDEFINED = 1, 2, 4
_viewer = component(
    "featviz_heat_map", Path(__file__).parent / "heat_map.js", html='<div class="heat-map"></div>'
)


@dataclass(frozen=True, eq=False)
class Matrix:
    """What is drawn.

    Attributes:
        values: (rows, columns); a cell that is not finite is undefined.
        rows: their names, from the top.
        columns: their names, from the left.
        low: the value of the first color; what lies below has it too.
        high: the value of the last color.
        texts: of each cell, row by row, what stands in it where there is room: the value.
        notes: of each cell, what is said of it beside its names when it is pointed at; lines end in a newline.
        dimmed: (rows, columns) which cells are drawn without their color; none if not given.
        framed: (rows, columns) which cells are framed; none if not given.
    """

    values: NDArray[np.float64]
    rows: Sequence[str]
    columns: Sequence[str]
    low: float
    high: float
    texts: Sequence[str]
    notes: Sequence[str]
    dimmed: NDArray[np.bool_] | None = None
    framed: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        """Check that everything belongs together.

        Raises:
            BadInput: it does not.
        """
        shape = (len(self.rows), len(self.columns))
        masks = [each.shape for each in (self.dimmed, self.framed) if each is not None]
        count = shape[0] * shape[1]
        fits = self.values.shape == shape and all(each == shape for each in masks) and count
        if not fits or len(self.texts) != count or len(self.notes) != count:
            raise BadInput(
                f"A matrix {self.values.shape} with {shape[0]} rows, {shape[1]} columns, {len(self.texts)} texts, "
                f"{len(self.notes)} notes and masks {masks} came: all have to be of one shape.",
                code="matrix_shape",
            )
        if not self.low < self.high:
            raise BadInput(f"Colors from {self.low} to {self.high}: an interval is needed.", code="scale")

    @property
    def levels(self) -> NDArray[np.uint8]:
        """(rows, columns) which of the 256 colors each cell has; the first one where it is undefined."""
        share = (np.nan_to_num(self.values, nan=self.low) - self.low) / (self.high - self.low)
        return np.rint(255 * np.clip(share, 0, 1)).astype(np.uint8)


def heat_map(
    matrix: Matrix,
    *,
    key: str,
    selected: Cell | None = None,
    on_select: Callable[[Cell], None],
    down: str,
    across: str,
    legend: tuple[str, str] = ("", ""),
    dimmed_means: str = "",
    framed_means: str = "",
    colormap: Colormap = COLORMAPS["viridis"],
    reveals: str | None = None,
) -> None:
    """Draw a matrix; hovering and the keyboard need no run.

    Args:
        matrix: what is drawn.
        key: names the heat map; it stays the same while matrices change.
        selected: the cell that is outlined.
        on_select: takes the cell that was picked, before the page runs again.
        down: what the rows are.
        across: what the columns are.
        legend: what stands at the ends of the color bar.
        dimmed_means: what it means that a cell has no color; "" where none is so.
        framed_means: what a frame means.
        colormap: the colors.
        reveals: key of the container that shows what was picked; a pick brings it into view.
    """
    payload = pack_matrix(matrix, colormap)
    view = {
        "token": payload.token,
        "selected": selected,
        "down": down,
        "across": across,
        "legend": legend,
        "dimmed": dimmed_means,
        "framed": framed_means,
        "reveals": reveals,
    }
    with st.container(gap=None):
        send(f"{key}.matrix", payload)
        _viewer(
            key=key,
            data=json.dumps(view).encode(),
            height="content",
            on_pick_change=partial(_forward, key, matrix.values.shape, on_select),
        )


def pack_matrix(matrix: Matrix, colormap: Colormap) -> Payload:
    """Pack a matrix with its names, its words and the table of its colors."""
    flags = np.where(np.isfinite(matrix.values), 0, _UNDEFINED).astype(np.uint8)
    for mask, flag in ((matrix.dimmed, _DIMMED), (matrix.framed, _FRAMED)):
        if mask is not None:
            flags |= np.where(mask, flag, 0).astype(np.uint8)
    header = {
        "rows": list(matrix.rows),
        "columns": list(matrix.columns),
        "texts": list(matrix.texts),
        "notes": list(matrix.notes),
        "table": colormap.table.tobytes().hex(),
    }
    return pack(header, levels=matrix.levels, flags=flags)


def _forward(key: str, shape: tuple[int, ...], on_select: Callable[[Cell], None]) -> None:
    """Hand the pick on to the page, if it is a cell of this matrix: a late click may be on the one before."""
    picked = st.session_state[key].get("pick")
    if not isinstance(picked, list | tuple) or len(picked) != 2:
        return
    row, column = map(int, picked)
    if 0 <= row < shape[0] and 0 <= column < shape[1]:
        on_select((row, column))
