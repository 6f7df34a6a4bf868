"""The filters of a convolution on the screen: all at once, their norms, and one with all its kernels."""

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.features.filters import Filters
from featviz.explain.targets.units import Channel
from featviz.models.model import Model
from featviz.render.captioned import color_bar
from featviz.render.charts.bars import norm_bars
from featviz.render.colormaps import COLORMAPS, Colormap
from featviz.render.mosaic import best_columns, mosaic
from featviz.render.normalization import Scale, describe, format_number
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.display import diverging
from featviz.ui.inputs.file_download import draw_file_download, draw_image_download, subject_parts
from featviz.ui.pages.filters.compared import ComparedFilters
from featviz.ui.pages.filters.tiles import FilterTiles, kernel_names, kernel_scale, kernel_tiles, tiles_of
from featviz.ui.pages.filters.view_state import VIEW
from featviz.ui.state.current_unit import settle_unit
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_filters", "draw_norms", "draw_one_filter", "unit_of"]

_OPENED = "filter_view"
_MAX_TILES = 1024
_PAPER = (255, 255, 255)
_ONE_SCALE = "The weights of both are on one color scale,"
_APART = "Filters of different architectures do not correspond: choose one in each."


def draw_filters(compared: ComparedFilters, normalization: str) -> None:
    """Draw one tile for every filter of each network, side by side; a click on any shows that filter of all.

    Args:
        compared: the networks and their filters.
        normalization: which weights share a scale, an id out of `NORMALIZATIONS`.
    """
    tiles, chosen = tiles_of(compared.filters, normalization), compared.chosen()
    if not compared.corresponding:
        shared = f" {_ONE_SCALE} {describe(tiles[0].scales[0])}." if normalization == "shared" else ""
        st.caption(_APART + shared)
    for number, column in enumerate(st.columns(len(tiles), gap="medium")):
        with column:
            st.subheader(compared.names[number], anchor=False)
            key = f"filters.{number}" if number else "filters"
            choose, linked = partial(compared.choose, number), "filters" if compared.corresponding else None
            _draw_grid(tiles[number], chosen[number], choose, key=key, linked=linked)
            filters = compared.filters[number]
            _draw_downloads(compared.models[number], filters, tiles[number], key=f"filters.{number}")


def draw_norms(compared: ComparedFilters) -> None:
    """Draw the norms of all filters of each network on one scale, and what is dead or said twice."""
    shown = compared.filters
    highest = max(float(filters.norms.max()) for filters in shown)
    columns = st.columns(len(shown), gap="medium")
    for number, (column, filters, chosen) in enumerate(zip(columns, shown, compared.chosen(), strict=True)):
        with column:
            chart(
                norm_bars(filters.norms, filters.dead, chosen, highest=highest, theme=chart_theme()),
                alt=f"The L2 norm of each of the {len(filters.norms)} filters.",
                key=f"filters.norms.{number}",
            )
            st.caption(_findings(filters))


def draw_one_filter(compared: ComparedFilters) -> None:
    """Draw the chosen filter of each network: its kernel for every input channel, all on one scale."""
    shown, chosen = compared.filters, compared.chosen()
    scale = kernel_scale(shown, chosen)
    titles = dict.fromkeys(f"filter {n} of {each.layer}" for n, each in zip(chosen, shown, strict=True))
    words = dict.fromkeys(_kernel_words(filters) for filters in shown)
    with st.container(key=_OPENED):
        st.subheader(_sentence_case(" and ".join(titles)), anchor=False)
        if len(words) == 1:
            st.caption(next(iter(words)))
        columns = st.columns(max(2, len(shown)), gap="medium")
        for number, (column, filters) in enumerate(zip(columns, shown, strict=False)):
            with column:
                if len(words) > 1:
                    st.caption(_kernel_words(filters))
                model, name = compared.models[number], _without_noun(compared.names[number])
                _draw_kernels(model, name, filters, chosen[number], scale, key=f"kernels.{number}")


def _sentence_case(words: str) -> str:
    return words[:1].upper() + words[1:]


def _without_noun(name: str) -> str:
    """The weights of "Weights: trained" at the beginning of a line; a network's name as it is."""
    noun, _, weights = name.partition(": ")
    return _sentence_case(weights) if noun == "Weights" else name


def unit_of(compared: ComparedFilters) -> Channel:
    """The channel that the chosen filter makes, which is the current unit if it was chosen here."""
    unit = Channel(compared.filters[0].layer, compared.chosen()[0])
    settle_unit(VIEW.name, unit)
    return unit


def _draw_grid(
    tiles: FilterTiles, chosen: int, on_select: Callable[[int], None], *, key: str, linked: str | None
) -> None:
    levels = tiles.levels[:_MAX_TILES]
    map_grid(
        levels,
        labels=[f"filter {index}" for index in range(len(levels))],
        scales=tiles.scales[:_MAX_TILES],
        colormap=_colors(),
        selected=chosen if chosen < len(levels) else None,
        on_select=on_select,
        reveals=_OPENED,
        key=key,
        noun="filters",
        linked=linked,
        height_limit=480,
    )
    st.caption(tiles.meaning)


def _draw_downloads(model: Model, filters: Filters, tiles: FilterTiles, *, key: str) -> None:
    about = subject_parts(model, filters.layer, f"{len(filters.kernels)} filters")
    with st.container(horizontal=True):
        draw_image_download(
            "Filters (PNG)",
            lambda: _mosaic(_colored(tiles.levels)),
            about,
            note="gray is zero" if filters.in_color else "",
            bar=None if filters.in_color else lambda: color_bar(_colors(), tiles.scales),
            key=f"{key}.png",
        )
        draw_file_download("Numbers (NPZ)", filters.to_npz, about, "npz", key=f"{key}.npz")


def _draw_kernels(model: Model, name: str, filters: Filters, chosen: int, scale: Scale, *, key: str) -> None:
    names, levels = kernel_names(filters), kernel_tiles(filters, chosen, scale)
    norm = format_number(float(filters.norms[chosen]))
    st.markdown(f"**{escape_markdown(name)}**, norm {norm}")
    map_grid(
        levels,
        labels=list(names),
        scales=[scale] * len(levels),
        colormap=_colors(),
        heads=names if filters.in_color else (),
        key=key,
        noun="kernel" if len(levels) == 1 else "kernels",
        height_limit=420,
        controls=not filters.in_color,
    )
    said = " ".join(names) if filters.in_color else f"{len(names)} kernels"
    draw_image_download(
        "Kernels (PNG)",
        lambda: _mosaic(_colored(levels), columns=len(levels) if filters.in_color else None),
        subject_parts(model, filters.layer, f"filter {chosen}", said),
        bar=lambda: color_bar(_colors(), [scale] * len(levels)),
        key=f"{key}.png",
    )


def _colors() -> Colormap:
    return COLORMAPS[diverging()]


def _colored(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return levels if levels.ndim == 4 else _colors().colors(levels)


def _mosaic(colors: NDArray[np.uint8], columns: int | None = None) -> NDArray[np.uint8]:
    return mosaic(colors, columns or best_columns(len(colors)), background=_PAPER)


def _kernel_words(filters: Filters) -> str:
    count = filters.kernels.shape[1]
    if count == 1:
        return "Its only kernel."
    inputs = "red, green and blue" if filters.in_color else f"its {count} input channels"
    return f"One kernel for each of {inputs}, all on one scale."


def _findings(filters: Filters) -> str:
    dead = f"{len(filters.dead)} dead (orange)" if filters.dead else "none dead"
    pairs = [f"{i} and {j} ({cosine:+.3f})" for i, j, cosine in filters.duplicates[:4]]
    more = f" and {len(filters.duplicates) - 4} more pairs" if len(filters.duplicates) > 4 else ""
    twice = f"duplicates: {', '.join(pairs)}{more}" if pairs else "no duplicates"
    if len(filters.norms) == 1:
        return f"Norm {format_number(float(filters.norms[0]))}; {dead}."
    weakest, strongest = (format_number(float(norm)) for norm in (filters.norms.min(), filters.norms.max()))
    return f"Norms from {weakest} to {strongest}; {dead}; {twice}."
