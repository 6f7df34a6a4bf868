"""The overlay grid: maps over the images they belong to, in a matrix of methods and classes, layers or models.

Each image and each map travels to the browser once, in a payload of its own that a digest names; a view says
what stands where and in which colours. So a map that arrives, another scale, a click or another opacity send the
view alone, a few kilobytes, and opacity, linked cursors and values under the pointer need no run at all.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.colormaps import CENTER, Colormap
from featviz.render.normalization import Scale, describe, format_number
from featviz.ui.components.browser.component import component
from featviz.ui.components.browser.payload import send
from featviz.ui.components.overlay_grid.cells import Cell, Chip, Level, require_consistent
from featviz.ui.components.overlay_grid.payload import pack_image, pack_map

__all__ = ["Cell", "Chip", "Level", "overlay_grid"]

_viewer = component(
    "featviz_overlay_grid",
    Path(__file__).parent / "overlay_grid.js",
    html='<div class="overlay-grid"></div>',
)


def overlay_grid(
    images: Sequence[NDArray[np.uint8]],
    cells: Sequence[Sequence[Cell]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    scales: Mapping[str, Scale],
    colormap: Colormap,
    opacity: float,
    map_only: bool = False,
    selected: str | None = None,
    on_select: Callable[[str], None] | None = None,
    on_opacity: Callable[[float], None] | None = None,
    key: str,
    scale_note: str = "",
) -> None:
    """Draw a matrix of maps laid over images, in which a person points at values and picks a cell.

    Coarse maps are enlarged by interpolating their values, not their colours. So that an image is not tinted
    where nothing was found, weak values cover it less: with m = min(1, 2 |v| / largest limit of the scale), a
    value covers the share a (m + (1 - m) a^5) of the image at opacity a. At 1 the map stands alone. So that
    the colours of the map are not taken for the image's, the latter keep (1 - a)^2 of their saturation.

    The page owns selection and opacity: the callbacks are called before it runs again. Without them nothing is
    sent back; the slider works all the same.

    Args:
        images: each (H, W, 3) uint8.
        cells: one sequence of cells for each row, as many as there are columns.
        rows: what stands beside each row, such as the names of methods.
        columns: what stands above each column, such as classes, layers or models.
        scales: what the colours stand for, by the id of the cell; one for each cell that has a map.
        colormap: diverging only with symmetric scales, so that zero has the colour in the middle.
        opacity: how much of the image the strongest values cover, from 0 to 1.
        map_only: draw the maps alone, without the slider; holding a cell still shows its image.
        selected: id of the cell that is outlined.
        on_select: takes the id of the cell that was picked; without it cells cannot be picked.
        on_opacity: takes the opacity when a person lets go of the slider.
        key: names the grid; it stays the same while images, maps and shapes change.
        scale_note: plain words on the scales, such as "one a method, without the largest 1%"; left out, it is
            said whether all cells have the same.

    Raises:
        BadInput: images, cells, heads, scales, opacity and selection do not belong together.
    """
    require_consistent(images, cells, rows, columns, scales, colormap, opacity, selected)
    with st.container(gap=None):
        # In a container of their own, so that a new map does not move the viewer to another place of the page.
        with st.container(gap=None):
            sent = [send(f"{key}.image.{n}", pack_image(image)) for n, image in enumerate(images)]
            maps = _send_maps(key, cells)
        view = {
            "rows": list(rows),
            "columns": list(columns),
            "cells": _described(cells, images, sent, maps, scales),
            "selected": selected,
            "opacity": 1.0 if map_only else float(opacity),
            "mapOnly": map_only,
            "table": colormap.table.tobytes().hex(),
            "legend": _legend(
                [scales[cell.id] for cell in chain(*cells) if cell.map is not None], scale_note
            ),
            "selects": on_select is not None,
            "reports": on_opacity is not None,
        }
        # As bytes: Streamlit would look for tables in anything else, and load pandas to do so.
        _viewer(
            key=key,
            data=json.dumps(view).encode(),
            on_pick_change=partial(
                _forward_pick, key, frozenset(cell.id for cell in chain(*cells)), on_select
            ),
            on_opacity_change=partial(_forward_opacity, key, on_opacity),
        )


def _send_maps(key: str, cells: Sequence[Sequence[Cell]]) -> list[list[str | None]]:
    """Put the maps that are there on the page.

    They go by the ids of their cells, so that none is sent again when others come before it.
    """
    times = Counter[str]()

    def send_map(cell: Cell) -> str | None:
        if cell.map is None:
            return None
        times[cell.id] += 1
        return send(f"{key}.map.{cell.id}.{times[cell.id]}", pack_map(cell.map))

    return [[send_map(cell) for cell in row] for row in cells]


def _described(
    cells: Sequence[Sequence[Cell]],
    images: Sequence[NDArray[np.uint8]],
    sent: Sequence[str],
    maps: Sequence[Sequence[str | None]],
    scales: Mapping[str, Scale],
) -> list[list[dict[str, Any]]]:
    """What the browser is told of the cells; the range is in words where cells differ in scale."""
    differ = len({scales[cell.id] for cell in chain(*cells) if cell.map is not None}) > 1

    def described(cell: Cell, token: str | None) -> dict[str, Any]:
        scale = scales[cell.id] if token else None
        return {
            "id": cell.id,
            "title": cell.title,
            "image": sent[cell.image],
            "shape": images[cell.image].shape[:2],
            "map": token,
            "scale": scale and _levels(scale),
            "range": f"scale {describe(scale)}" if scale and differ else "",
            "note": cell.note,
            "chips": [asdict(chip) for chip in cell.chips],
            "verdict": cell.verdict,
            "verdictLevel": cell.verdict_level,
        }

    return [list(map(described, *both)) for both in zip(cells, maps, strict=True)]


def _levels(scale: Scale) -> dict[str, float]:
    """How values become the levels of `Scale.to_uint8`, and the value that counts as the largest."""
    return {
        "origin": scale.origin,
        "step": scale.step,
        "zero": CENTER if scale.symmetric else 0,
        "limit": max(abs(scale.low), abs(scale.high)),
    }


def _legend(scales: Sequence[Scale], note: str) -> dict[str, Any] | None:
    """What stands at the ends of the colour bar and what it holds for; the first level it shows."""
    if not scales:
        return None
    symmetric = scales[0].symmetric
    alike = len(set(scales)) == 1
    if alike:
        low, high = format_number(scales[0].low), format_number(scales[0].high)
    elif symmetric:
        low, high = "-max", "+max"
    else:
        low, high = "lowest" if any(scale.low < 0 for scale in scales) else "0", "max"
    said = "scales differ" if not alike else "one scale for all" if len(scales) > 1 else ""
    return {"low": low, "high": high, "note": note or said, "first": 1 if symmetric else 0}


def _forward_pick(key: str, known: frozenset[str], on_select: Callable[[str], None] | None) -> None:
    """Hand the pick on to the page before it runs, if it is a cell of this grid: a late click may not be."""
    picked = st.session_state[key].get("pick")
    if on_select is not None and isinstance(picked, str) and picked in known:
        on_select(picked)


def _forward_opacity(key: str, on_opacity: Callable[[float], None] | None) -> None:
    """Hand the opacity on to the page, before it runs."""
    opacity = st.session_state[key].get("opacity")
    if on_opacity is not None and isinstance(opacity, int | float) and 0 <= opacity <= 1:
        on_opacity(float(opacity))
