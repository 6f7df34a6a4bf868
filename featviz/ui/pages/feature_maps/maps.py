"""A layer's feature maps on the screen: the mosaic of its channels, or bars where it has no positions."""

import numpy as np
import streamlit as st

from featviz.explain.features.feature_maps import FeatureMaps, order_channels
from featviz.explain.targets.units import Channel
from featviz.models.model import Model
from featviz.render.charts.bars import MAX_BARS, unit_bars
from featviz.render.mosaic import best_columns, mosaic, palette_png, thumbnails
from featviz.render.normalization import describe, quantize
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import whole_number
from featviz.ui.inputs.display import Look
from featviz.ui.pages.feature_maps.view_state import VIEW
from featviz.ui.state.current_unit import announce_unit, settle_unit, unit_to_take_up

__all__ = ["are_units", "chosen_channel", "draw_layer", "map_downloads", "take_up_unit", "unit_of"]

_TILE_LIMIT = 112


def are_units(maps: FeatureMaps) -> bool:
    """Whether each channel is one number, with no positions."""
    return bool(maps.maps[0].size == 1)


def chosen_channel(maps: FeatureMaps) -> int:
    """The channel that is looked at: picked with a click or named by a link.

    At first the strongest; of units, the one with the largest value, as that is the network's answer.
    """
    best = maps.maps.ravel() if are_units(maps) else maps.statistics.strength
    return whole_number(VIEW["channel"], 0, maps.channels - 1, int(best.argmax()))


def take_up_unit(model: Model) -> None:
    """Open with the unit that was chosen on another page, where this network has it."""
    unit = unit_to_take_up(
        VIEW.name,
        (VIEW["layer"], VIEW["channel"]),
        lambda unit: unit.layer in model.layers_by_name and unit.channel < model.layer(unit.layer).channels,
    )
    if unit is not None:
        VIEW["layer"].keep(unit.layer)
        VIEW["channel"].keep(unit.channel)


def unit_of(maps: FeatureMaps) -> Channel:
    """The unit that the page shows, which is the current one if it was chosen here."""
    unit = Channel(maps.layer, chosen_channel(maps))
    settle_unit(VIEW.name, unit)
    return unit


def draw_layer(maps: FeatureMaps, look: Look, *, main: bool, classes: tuple[str, ...] = ()) -> None:
    """Draw all channels of a layer.

    Args:
        maps: what the layer outputs.
        look: order, scale and colours.
        main: whether clicks choose the channel that the page shows large.
        classes: names of the units, where the layer is the network's output.
    """
    order = [int(channel) for channel in order_channels(maps.statistics, look.order)]
    st.markdown(f"**{maps.layer}**")
    hint = " Click one to see it large below." if main and not are_units(maps) else ""
    st.caption(_summary(maps, look) + hint)
    if are_units(maps):
        _draw_units(maps, order, main=main, classes=classes)
        return
    scales = look.scales(maps.maps)
    map_grid(
        quantize(thumbnails(maps.maps, limit=_TILE_LIMIT), scales),
        labels=[f"channel {channel}" for channel in range(maps.channels)],
        scales=scales,
        colour_map=look.colour_map(maps.maps),
        order=order,
        selected=chosen_channel(maps) if main else None,
        on_select=_choose_channel if main else None,
        key="maps" if main else f"maps.beside.{maps.layer}",
    )


def _choose_channel(channel: int) -> None:
    VIEW["channel"].keep(channel)
    announce_unit(VIEW.name)


def map_downloads(maps: FeatureMaps, look: Look) -> None:
    """Draw the buttons that download the mosaic as an image and the maps as numbers."""
    name = f"{maps.model}_{maps.layer}".replace("/", "_").replace(".", "_")
    with st.container(horizontal=True):
        st.download_button(
            "Mosaic (PNG)",
            lambda: _mosaic_png(maps, look),
            f"{name}.png",
            "image/png",
            on_click="ignore",
            icon=":material/download:",
            disabled=are_units(maps),
        )
        st.download_button(
            "Numbers (NPZ)",
            maps.to_npz,
            f"{name}.npz",
            "application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
        )


def _draw_units(maps: FeatureMaps, order: list[int], *, main: bool, classes: tuple[str, ...]) -> None:
    units = [f"unit {unit}" for unit in range(maps.channels)]
    names = classes if len(classes) == maps.channels else units
    selected = chosen_channel(maps) if main else -1
    chart(
        unit_bars(maps.maps.ravel(), names, order, selected=selected, theme=chart_theme()),
        alt=f"The activation of each of the {maps.channels} units of {maps.layer}.",
        key="units" if main else f"units.beside.{maps.layer}",
    )


def _summary(maps: FeatureMaps, look: Look) -> str:
    channels, rows, columns = maps.maps.shape
    if rows * columns == 1:
        drawn = f"; the first {MAX_BARS} in this order are drawn" if channels > MAX_BARS else ""
        return f"{maps.kind}: {channels} units, one number each{drawn}."
    positions = f"{rows} x {columns} positions"
    silent = int((maps.statistics.strength == 0).sum())
    said = [f"{maps.kind}: {channels} channels of {positions}"]
    if len(maps.extra_tokens):
        said.append("tokens laid out as the patches they stand for, the class token apart")
    if not maps.spatial:
        said.append("rows and columns are no positions of the image, so there is nothing to overlay")
    if max(rows, columns) > _TILE_LIMIT:
        said.append(f"averaged to at most {_TILE_LIMIT} for this view")
    if silent:
        said.append(f"{silent} silent here")
    if look.scale == "shared":
        said.append(f"one scale, {describe(look.scales(maps.maps)[0])}")
    return "; ".join(said) + "."


def _mosaic_png(maps: FeatureMaps, look: Look) -> bytes:
    order = order_channels(maps.statistics, look.order)
    levels = quantize(maps.maps, look.scales(maps.maps))[np.asarray(order)]
    columns = best_columns(len(levels))
    return palette_png(mosaic(levels, columns), look.colour_map(maps.maps))
