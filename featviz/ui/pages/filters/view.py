"""The filters of a convolution on the screen: all at once, their norms, and one with all its kernels."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.features.filters import Filters, convolutions
from featviz.explain.targets.units import Channel
from featviz.models.cards import training_moment
from featviz.models.model import Model
from featviz.render.charts.bars import norm_bars
from featviz.render.colormaps import COLORMAPS
from featviz.render.normalization import Scale, channel_scales, format_number, quantize, shared_scale
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import choice, whole_number
from featviz.ui.inputs.display import diverging
from featviz.ui.pages.filters.view_state import VIEW
from featviz.ui.state.current_unit import announce_unit, settle_unit, unit_to_take_up

__all__ = [
    "choose_convolution",
    "choose_other_weights",
    "draw_filters",
    "draw_norms",
    "draw_one_filter",
    "unit_of",
]

_NOTHING = "nothing"
_MAX_TILES = 1024


def choose_convolution(model: Model) -> str:
    """Draw the list of the network's convolutions."""
    shapes = convolutions(model)
    names = list(shapes)
    unit = unit_to_take_up(
        VIEW.name,
        (VIEW["convolution"], VIEW["filter"]),
        lambda unit: unit.layer in shapes and unit.channel < shapes[unit.layer][0],
    )
    if unit is not None:
        VIEW["convolution"].keep(unit.layer)
        VIEW["filter"].keep(unit.channel)
    return choice(
        "Convolution",
        names,
        key=VIEW["convolution"],
        default=names[0],
        on_change=announce_unit,
        args=(VIEW.name,),
        name=lambda name: f"{name} · {shapes[name][0]} filters of {' x '.join(map(str, shapes[name][1:]))}",
    )


def choose_other_weights(model: Model) -> str | None:
    """Draw the choice of weights to stand beside the present ones: random ones, or another stage."""
    stages = model.card.stages or ("random",)
    others = [stage for stage in stages if not model.weights.startswith(stage)]
    chosen = choice(
        "Compare with",
        [_NOTHING, *others],
        key=VIEW["against"],
        default=others[0] if others else _NOTHING,
        name=lambda name: "None" if name == _NOTHING else training_moment(name),
    )
    return None if chosen == _NOTHING else chosen


def draw_filters(filters: Filters, *, title: str, main: bool) -> None:
    """Draw one tile for every filter."""
    count = len(filters.kernels)
    st.markdown(f"**{title}**")
    tiles, scales, said = _tiles(filters)
    st.caption(said)
    map_grid(
        tiles[:_MAX_TILES],
        labels=[f"filter {index}" for index in range(count)][:_MAX_TILES],
        scales=scales and scales[:_MAX_TILES],
        colour_map=COLORMAPS[diverging()],
        selected=_chosen(filters) if main and _chosen(filters) < _MAX_TILES else None,
        on_select=_choose_filter if main else None,
        key="filters" if main else "filters.beside",
        noun="filters",
        height_limit=480,
    )


def draw_norms(filters: Filters, *, main: bool) -> None:
    """Draw the norms of all filters, and what is dead or said twice."""
    chart(
        norm_bars(filters.norms, filters.dead, _chosen(filters) if main else None, theme=chart_theme()),
        alt=f"The L2 norm of each of the {len(filters.norms)} filters.",
        key="filters.norms" if main else "filters.norms.beside",
    )
    st.caption(_findings(filters))


def draw_one_filter(filters: Filters) -> None:
    """Draw the chosen filter: its kernel for every input channel, on one scale."""
    chosen = _chosen(filters)
    kernels = filters.kernels[chosen]
    scale = shared_scale(kernels, symmetric=True)
    names = (
        ("red", "green", "blue") if filters.in_colour else [f"input channel {k}" for k in range(len(kernels))]
    )
    st.subheader(f"Filter {chosen} of {filters.layer}", anchor=False)
    inputs = ", ".join(names) if filters.in_colour else f"its {len(kernels)} input channels"
    said = f"One kernel for each of {inputs}, all on one scale" if len(kernels) > 1 else "Its only kernel"
    st.caption(f"{said}; norm {format_number(float(filters.norms[chosen]))}.")
    map_grid(
        quantize(kernels, [scale] * len(kernels)),
        labels=list(names),
        scales=[scale] * len(kernels),
        colour_map=COLORMAPS[diverging()],
        key="filter.kernels",
        noun="kernel" if len(kernels) == 1 else "kernels",
        height_limit=420,
    )


def _choose_filter(number: int) -> None:
    VIEW["filter"].keep(number)
    announce_unit(VIEW.name)


def unit_of(filters: Filters) -> Channel:
    """The channel that the chosen filter makes, which is the current unit if it was chosen here."""
    unit = Channel(filters.layer, _chosen(filters))
    settle_unit(VIEW.name, unit)
    return unit


def _chosen(filters: Filters) -> int:
    return whole_number(VIEW["filter"], 0, len(filters.kernels) - 1, int(filters.norms.argmax()))


def _tiles(filters: Filters) -> tuple[NDArray[np.uint8], tuple[Scale, ...] | None, str]:
    """A tile for every filter and a sentence on what the tile shows."""
    if filters.in_colour:
        reach = np.abs(filters.kernels).max((1, 2, 3), keepdims=True)
        pixels = filters.kernels / np.where(reach > 0, reach, 1) * 127.5 + 127.5
        said = "Each filter in the colours it looks for; grey is zero, each on a scale of its own."
        return pixels.round().astype(np.uint8).transpose(0, 2, 3, 1), None, said
    strongest = np.linalg.norm(filters.kernels.reshape(*filters.kernels.shape[:2], -1), axis=2).argmax(1)
    kernels = filters.kernels[np.arange(len(filters.kernels)), strongest]
    if kernels[0].size == 1:
        # On a scale of its own a single weight would always have the strongest colour.
        scales = (shared_scale(kernels, symmetric=True),) * len(kernels)
        return quantize(kernels, scales), scales, "Of each filter the largest weight in size."
    scales = channel_scales(kernels, symmetric=True)
    if filters.kernels.shape[1] == 1:
        return quantize(kernels, scales), scales, "Each filter has one kernel: it looks at a single channel."
    return quantize(kernels, scales), scales, "Of each filter the kernel with the largest norm."


def _findings(filters: Filters) -> str:
    dead = f"{len(filters.dead)} dead (orange)" if filters.dead else "none dead"
    pairs = [f"{i} and {j} ({cosine:+.3f})" for i, j, cosine in filters.duplicates[:4]]
    more = f" and {len(filters.duplicates) - 4} more pairs" if len(filters.duplicates) > 4 else ""
    twice = f"duplicates: {', '.join(pairs)}{more}" if pairs else "no duplicates"
    weakest, strongest = (format_number(float(norm)) for norm in (filters.norms.min(), filters.norms.max()))
    return f"Norms from {weakest} to {strongest}; {dead}; {twice}."
