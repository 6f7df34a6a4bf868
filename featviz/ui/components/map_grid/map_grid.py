"""The map grid: all maps of a layer on one canvas that colours, enlarges and answers in the browser.

The maps go to the browser as a payload, which it keeps while they are unchanged, so a click, another order or
another colour map sends a few kilobytes only: a view of the maps, which holds the payload's token.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.render.colormaps import COLORMAPS, Colormap
from featviz.render.normalization import Scale, describe_ends
from featviz.ui.components.browser.component import component
from featviz.ui.components.browser.payload import Payload, pack, send

__all__ = ["Axes", "Box", "map_grid", "pack_maps"]

Box = tuple[int, int, int, int]
"""The first column and row of some positions of a map, and how many columns and rows there are."""

_viewer = component(
    "featviz_map_grid", Path(__file__).parent / "map_grid.js", html='<div class="map-grid"></div>'
)


@dataclass(frozen=True)
class Axes:
    """What the columns and rows of maps are, where they are no positions of an image.

    Attributes:
        across: what the columns are, such as "key".
        down: what the rows are, such as "query".
        names: of the columns, and of the rows.
    """

    across: str
    down: str
    names: Sequence[str]


def map_grid(
    maps: NDArray[np.uint8],
    *,
    labels: Sequence[str],
    key: str,
    scales: Sequence[Scale] | None = None,
    colormap: Colormap | Sequence[Colormap] = COLORMAPS["viridis"],
    grids: Sequence[tuple[int, int]] | None = None,
    order: Sequence[int] | None = None,
    selected: int | None = None,
    on_select: Callable[[int], None] | None = None,
    on_point: Callable[[int, int], None] | None = None,
    reveals: str | None = None,
    box: Box | None = None,
    axes: Axes | None = None,
    tile_size: int | None = None,
    fill: bool = False,
    height_limit: int | None = 640,
    controls: bool = True,
    noun: str = "maps",
    heads: Sequence[str] = (),
    linked: str | None = None,
) -> int | None:
    """Draw maps as one sharp mosaic in which a person points at values and picks a tile.

    The page owns the selection: it passes `selected`, and `on_select` (called before the page runs again) or
    the returned number says what was picked. Hovering, sizes and the keyboard need no run.

    Args:
        maps: levels (n, h, w) made with `scales`, or colours (n, h, w, 3).
        labels: one for each map, such as "channel 17".
        key: names the grid; it stays the same while maps and shapes change.
        scales: what the levels stand for, one for each map. Of colour tiles they are told when pointed at; those
            of images have none.
        colormap: the colours of the levels; diverging for symmetric scales. A sequence has one for each map.
        grids: rows and columns of positions in each map, where a map was enlarged to stand among others.
        order: numbers of the maps in the order of display; some may be left out. All of them if not given.
        selected: number of the map that is outlined.
        on_select: takes the number of the map that was picked.
        on_point: takes the column and row of the position that was picked by pointer or finger.
        reveals: key of the container that shows what was picked; a pick brings it into view.
        box: positions that are outlined in every map.
        axes: what columns and rows are, where they are no positions of an image.
        tile_size: longer side of a tile in CSS pixels; chosen to fit if not given.
        fill: a tile is as wide as there is room, also where a position then has no whole number of pixels.
        height_limit: CSS pixels above which the grid scrolls; None never does.
        controls: whether the line below says how many maps there are and lets a person change their size.
        noun: what the tiles are called together.
        heads: what stands above each column; as many columns are drawn as there are heads.
        linked: a name that grids of corresponding maps share: what is pointed at in one is shown in the others.

    Returns:
        The number of the map that was picked in this run, else None.

    Raises:
        BadInput: maps, labels, scales, order and selection do not belong together.
    """
    order = range(len(maps)) if order is None else order
    _require_consistent(maps, labels, scales, order, selected)
    colormaps = [colormap] if isinstance(colormap, Colormap) else list(colormap)
    payload = pack_maps(maps, labels, scales, grids, legend=len({each.id for each in colormaps}) == 1)
    view = {
        "token": payload.token,
        "order": [int(number) for number in order],
        "selected": selected,
        **_tables(colormaps),
        "reveals": reveals,
        "box": box,
        "axes": None if axes is None else asdict(axes),
        "tile": tile_size,
        "fill": fill,
        "height": height_limit,
        "controls": controls,
        "noun": noun,
        "heads": list(heads),
        "linked": linked,
    }
    with st.container(gap=None):
        send(f"{key}.maps", payload)
        # As bytes: Streamlit would look for tables in anything else, and load pandas to do so.
        picked = _viewer(
            key=key,
            data=json.dumps(view).encode(),
            on_pick_change=partial(_forward, key, on_select, on_point),
        )
    return None if picked.pick is None else int(picked.pick[0])


def pack_maps(
    maps: NDArray[np.uint8],
    labels: Sequence[str],
    scales: Sequence[Scale] | None,
    grids: Sequence[tuple[int, int]] | None = None,
    *,
    legend: bool = True,
) -> Payload:
    """Pack maps, with labels, the value of level 0 and between two levels of each map, and the legend's words."""
    header = {
        "labels": list(labels),
        "legend": _legend(scales) if legend and maps.ndim == 3 else None,
        "grids": None if grids is None else list(grids),
        "origin": [scale.origin for scale in scales or ()],
        "step": [scale.step for scale in scales or ()],
    }
    return pack(header, maps=maps)


def _legend(scales: Sequence[Scale] | None) -> dict[str, Any] | None:
    """What stands at the ends of the colour bar, and whether it starts at the first or second level."""
    if not scales:
        return None
    low, high, note = describe_ends(scales)
    return {"low": low, "high": high, "note": note, "first": int(scales[0].symmetric)}


def _tables(colormaps: Sequence[Colormap]) -> dict[str, Any]:
    """Each table once, and which of them each map has; all have the first where there is one only."""
    tables = {each.id: each.table.tobytes().hex() for each in colormaps}
    positions = {identifier: number for number, identifier in enumerate(tables)}
    return {"tables": list(tables.values()), "table_of": [positions[each.id] for each in colormaps]}


def _forward(
    key: str, on_select: Callable[[int], None] | None, on_point: Callable[[int, int], None] | None
) -> None:
    """Hand the pick on to the page, before it runs."""
    picked = st.session_state[key].get("pick")
    if picked is None:
        return
    number, *position = picked
    if on_select is not None:
        on_select(int(number))
    if on_point is not None and position:
        on_point(*map(int, position))


def _require_consistent(
    maps: NDArray[np.uint8],
    labels: Sequence[str],
    scales: Sequence[Scale] | None,
    order: Sequence[int],
    selected: int | None,
) -> None:
    color = maps.ndim == 4 and maps.shape[3] == 3
    if maps.dtype != np.uint8 or not (maps.ndim == 3 or color) or maps.size == 0:
        raise BadInput(
            f"Maps {maps.dtype} {maps.shape} came; uint8 (n, h, w) or (n, h, w, 3) was expected.",
            code="bad_maps",
        )
    if len(labels) != len(maps) or (scales is not None and len(scales) != len(maps)):
        raise BadInput(
            f"{len(maps)} maps came with {len(labels)} labels and {len(scales or ())} scales; "
            "each map needs one.",
            code="map_count",
        )
    named = [*order] if selected is None else [*order, selected]
    if named and not 0 <= min(named) <= max(named) < len(maps):
        raise BadInput(
            f"Maps {min(named)} to {max(named)} were asked for; there are maps 0 to {len(maps) - 1}.",
            code="map_number",
        )
