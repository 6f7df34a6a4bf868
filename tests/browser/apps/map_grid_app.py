"""A page with nothing but the map grid: maps as after a ReLU, all controls through the link."""

import time

import numpy as np
import streamlit as st
from smooth_maps import smooth_maps

from featviz.render import COLORMAPS, Scale, channel_scales, quantize, shared_scale
from featviz.ui.components.map_grid.map_grid import map_grid

st.set_page_config(layout="wide")


def asked(name: str, default: str) -> str:
    return st.query_params.get(name, default)


bumps = st.cache_data(smooth_maps, max_entries=4)

n, side = int(asked("n", "512")), int(asked("side", "56"))
signed, shared = asked("signed", "0") == "1", asked("shared", "0") == "1"
if st.toggle("Deeper layer"):
    n, side = n * 2, max(1, side // 4)

maps = bumps(n, side, signed=signed)
scales: tuple[Scale, ...] | None = (shared_scale(maps),) * n if shared else channel_scales(maps)
levels = quantize(maps, scales)
if asked("color", "0") == "1":
    levels, scales = np.stack([levels, np.roll(levels, 1, 1), levels[:, ::-1]], axis=-1), None

grids, factor = None, int(asked("factor", "1"))
if factor > 1:
    grids = [levels.shape[1:]] * n
    levels = levels.repeat(factor, 1).repeat(factor, 2)

by_strength = st.toggle("By strength")
order = np.argsort(-maps.mean(axis=(1, 2)), kind="stable").tolist() if by_strength else list(range(n))
choices = ["blue_white_red", "blue_black_red"] if signed else ["viridis", "inferno", "cividis", "gray"]
colormap = COLORMAPS[st.segmented_control("Colours", choices, default=choices[0], required=True)]


def select(number: int) -> None:
    st.query_params["channel"] = str(number)


def point(column: int, row: int) -> None:
    st.query_params["point"] = f"{column},{row}"


selected = asked("channel", "")
started = time.perf_counter()
picked = map_grid(
    levels,
    labels=[f"{asked('name', 'channel')} {number}" for number in range(n)],
    scales=scales,
    colormap=colormap,
    order=order,
    selected=int(selected) if selected else None,
    on_select=select,
    on_point=point,
    grids=grids,
    reveals="shown",
    key="grid",
)
milliseconds = 1000 * (time.perf_counter() - started)
st.write(f"selected: {asked('channel', 'none')}; picked: {picked}")
st.write(f"point: {asked('point', 'none')}")
st.caption(f"server: {milliseconds:.1f} ms")
st.html('<div style="height: 1000px"></div>')
with st.container(key="shown"):
    st.write("What was picked, large")
