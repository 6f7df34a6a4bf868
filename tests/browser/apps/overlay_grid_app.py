"""A page with nothing but the overlay grid: pictures, maps and checks as attribution makes them, all from the link."""

import time

import numpy as np
import streamlit as st
from laid_over import REFUSAL, map_of, picture_of

from featviz.render import COLORMAPS, channel_scales, shared_scale
from featviz.ui.components.overlay_grid.overlay_grid import Cell, Chip, overlay_grid

st.set_page_config(layout="wide")
METHODS = ["Integrated gradients", "Grad-CAM", "Occlusion", "LRP", "Gradient", "SmoothGrad"]
CLASSES = ["cat", "Egyptian_cat with a long name", "dog", "sports car", "teapot", "sundial"]
pictures = st.cache_data(picture_of, max_entries=8)
LEVELS = ("good", "doubtful", "bad", "unknown")


def asked(name: str, default: str) -> str:
    return st.query_params.get(name, default)


def chips(number: int) -> tuple[Chip, ...]:
    figures = ("0.62", "0.98", "-0.04", "1e-6")
    names = ("Deletion", "Weights matter", "Edges alike", "Sums up")
    return tuple(
        Chip(name, figure, LEVELS[(number + place) % 4], help=f"What {name} means")
        for place, (name, figure) in enumerate(zip(names, figures, strict=True))
    )


def cell(row: int, column: int, count: int) -> Cell:
    number = row * count + column
    name = f"r{row}c{column}"
    title = f"{METHODS[row]} · {CLASSES[column]}"
    if asked("late", "") == name and not st.session_state.get("arrived"):
        return Cell(name, title, column % 2, None, note="waiting")
    if asked("refusals", "0") == "1" and number % 5 == 3:
        return Cell(name, title, column % 2, None, note=REFUSAL if number % 2 else "waiting: 12 of 50 passes")
    side = int(asked("side", "224"))
    values = map_of(number, 8 if METHODS[row] == "Grad-CAM" else side)
    if asked("signed", "1") == "0":
        values = np.abs(values)
    verdict = ("Follows the weights.", "Looks like edges.", "No better than chance.", "")[number % 4]
    return Cell(
        name,
        title,
        column % 2,
        values,
        chips=chips(number),
        verdict=verdict,
        verdict_level=LEVELS[number % 4],
    )


st.session_state["runs"] = st.session_state.get("runs", 0) + 1
rows, columns = int(asked("rows", "1")), int(asked("columns", "1"))
side = int(asked("picture", "224"))
cells = [[cell(row, column, columns) for column in range(columns)] for row in range(rows)]
if hostile := asked("hostile", ""):
    cells[0][0] = Cell(
        "r0c0",
        hostile,
        0,
        None,
        note=hostile,
        chips=(Chip(hostile, hostile, "bad", help=hostile),),
        verdict=hostile,
    )
if st.toggle("One more check"):
    first = cells[0][0]
    more = (*first.chips, Chip("More", "1", "good"))
    cells[0][0] = Cell(first.id, first.title, first.image, first.map, chips=more)

st.toggle("The late map", key="arrived")
maps = {each.id: each.map for row in cells for each in row if each.map is not None}
symmetric = asked("signed", "1") == "1"
if asked("shared", "1") == "1" and maps:
    stacked = np.concatenate([values.ravel() for values in maps.values()])
    scales = dict.fromkeys(maps, shared_scale(stacked, symmetric=symmetric, percentile=99.5))
else:
    scales = {name: channel_scales(values[None], symmetric=symmetric)[0] for name, values in maps.items()}

dark = st.context.theme.type == "dark"
colors = asked("colors", ("blue_black_red" if dark else "blue_white_red") if symmetric else "inferno")


def select(name: str) -> None:
    st.query_params["cell"] = name


def keep_opacity(opacity: float) -> None:
    st.query_params["opacity"] = str(opacity)


started = time.perf_counter()
overlay_grid(
    [pictures(number, side) for number in range(2)],
    cells,
    rows=METHODS[:rows] if not hostile else [hostile] * rows,
    columns=CLASSES[:columns] if not hostile else [hostile] * columns,
    scales=scales,
    colormap=COLORMAPS[colors],
    opacity=float(asked("opacity", "0.7")),
    map_only=asked("alone", "0") == "1",
    selected=asked("cell", "") or None,
    on_select=select if asked("selects", "1") == "1" else None,
    on_opacity=keep_opacity,
    key="grid",
    scale_note="limits at the 99.5th percentile" if asked("shared", "1") == "1" else hostile,
)
milliseconds = 1000 * (time.perf_counter() - started)
st.write(
    f"selected: {asked('cell', 'none')}; opacity: {asked('opacity', '0.7')}; runs: {st.session_state['runs']}"
)
st.caption(f"server: {milliseconds:.1f} ms")
