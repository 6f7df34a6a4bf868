"""A layer's feature maps on the screen: the mosaic of its channels, or bars where it has no positions."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.features.feature_maps import FeatureMaps
from featviz.explain.targets.units import Channel
from featviz.models.model import Model
from featviz.render.captioned import color_bar
from featviz.render.charts.bars import MAX_BARS, unit_bars
from featviz.render.mosaic import best_columns, mosaic, thumbnails
from featviz.render.normalization import describe, is_rounding, quantize
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import whole_number
from featviz.ui.inputs.display import Look
from featviz.ui.inputs.file_download import draw_file_download, draw_image_download
from featviz.ui.pages.feature_maps.view_state import VIEW
from featviz.ui.state.current_unit import announce_unit, settle_unit, unit_to_take_up

__all__ = [
    "OPENED",
    "SIDES",
    "are_units",
    "channel_noun",
    "chosen_channel",
    "draw_layer",
    "open_channel",
    "open_layer",
    "opened_maps",
    "strongest_channel",
    "take_up_unit",
    "unit_of",
]

OPENED = "channel_view"
"""The key of the container that shows the chosen channel large; a click on a map brings it into view."""

SIDES = ("", "second.")
"""What stands in front of the keys of all that is drawn of the network, and of a second one beside it."""

_TILE_LIMIT = 112
_PAPER = (255, 255, 255)


def are_units(maps: FeatureMaps) -> bool:
    """Whether each channel is one number, with no positions."""
    return bool(maps.maps[0].size == 1)


def channel_noun(maps: FeatureMaps) -> str:
    """What the channels of a layer are called: those of attention weights are heads."""
    return "head" if maps.layout == "attention" else "channel"


def chosen_channel(maps: FeatureMaps) -> int:
    """The channel that is looked at: picked with a click or named by a link.

    At first the strongest; of units, the one with the largest value, as that is the network's answer; of
    heads, which are all equally strong, the first.
    """
    return whole_number(VIEW["channel"], 0, maps.channels - 1, strongest_channel(maps))


def strongest_channel(maps: FeatureMaps) -> int:
    """The channel to begin with, as `chosen_channel` says."""
    best = maps.maps.ravel() if are_units(maps) else maps.statistics.strength
    return 0 if maps.layout == "attention" else int(best.argmax())


def take_up_unit(model: Model) -> None:
    """Open with the unit that was chosen on another page, where this network has it."""
    unit = unit_to_take_up(
        VIEW.name,
        (VIEW["layer"], VIEW["channel"]),
        lambda unit: unit.layer in model.layers_by_name and unit.channel < model.layer(unit.layer).channels,
    )
    if unit is None:
        return
    if unit.layer not in VIEW["beside"].text.split(",") or VIEW["opened"].text != unit.layer:
        VIEW["layer"].keep(unit.layer)
        VIEW["opened"].forget()
    VIEW["channel"].keep(unit.channel)


def unit_of(maps: FeatureMaps) -> Channel:
    """The unit that the page shows, which is the current one if it was chosen here."""
    unit = Channel(maps.layer, chosen_channel(maps))
    settle_unit(VIEW.name, unit)
    return unit


def opened_maps(shown: Sequence[FeatureMaps]) -> FeatureMaps:
    """The layer whose channel is shown large: the one that was clicked last, at first the first."""
    return next((maps for maps in shown if maps.layer == VIEW["opened"].text), shown[0])


def draw_layer(
    maps: FeatureMaps,
    look: Look,
    *,
    selected: int | None,
    on_select: Callable[[int], None],
    key: str,
    about: tuple[str, ...],
    classes: tuple[str, ...] = (),
    linked: str | None = None,
) -> None:
    """Draw all channels of a layer; a click on one opens it.

    Args:
        maps: what the layer outputs.
        look: order, scale and colours.
        selected: the channel that is shown large; None where it is one of another layer.
        on_select: takes the channel that was clicked.
        key: names what is drawn.
        about: what stands in the names of files.
        classes: names of the units, where the layer is the network's output.
        linked: a name that corresponding maps beside each other share.
    """
    order = look.channels_in_order(maps)
    st.subheader(maps.layer, anchor=False)
    if are_units(maps):
        _draw_units(maps, look, order, selected=selected, key=key, classes=classes)
    else:
        _draw_mosaic(maps, look, order, selected=selected, on_select=on_select, key=key, linked=linked)
    st.caption(_summary(maps, look))
    _draw_downloads(maps, look, about, key)


def _draw_mosaic(
    maps: FeatureMaps,
    look: Look,
    order: list[int],
    *,
    selected: int | None,
    on_select: Callable[[int], None],
    key: str,
    linked: str | None,
) -> None:
    scales, noun = look.scales(maps.maps), channel_noun(maps)
    map_grid(
        quantize(thumbnails(maps.maps, limit=_TILE_LIMIT), scales),
        labels=[f"{noun} {channel}" for channel in range(maps.channels)],
        scales=scales,
        colormap=look.colormap(maps.maps),
        grids=[maps.maps.shape[1:]] * maps.channels,
        order=order,
        selected=selected,
        on_select=on_select,
        reveals=OPENED,
        key=key,
        noun=f"{noun}s" if noun == "head" else "maps",
        linked=linked,
    )


def open_channel(layer: str, channel: int) -> None:
    """Show a channel of one of the layers large."""
    VIEW["opened"].keep(layer)
    VIEW["channel"].keep(channel)
    announce_unit(VIEW.name)


def open_layer(layer: str, channel: int) -> None:
    """Show another layer, with one of its channels large."""
    VIEW["layer"].keep(layer)
    open_channel(layer, channel)


def _draw_downloads(maps: FeatureMaps, look: Look, about: tuple[str, ...], key: str) -> None:
    """Draw the buttons that download the mosaic as an image and the maps as numbers."""
    named = (*about[:2], maps.layer, f"{maps.channels} {channel_noun(maps)}s", *about[2:])
    with st.container(horizontal=True):
        draw_image_download(
            "Mosaic (PNG)",
            lambda: _mosaic(maps, look),
            named,
            bar=lambda: color_bar(look.colormap(maps.maps), look.scales(maps.maps)),
            key=f"{key}.png",
            disabled=are_units(maps),
        )
        draw_file_download("Numbers (NPZ)", maps.to_npz, named, "npz", key=f"{key}.npz")


def _draw_units(
    maps: FeatureMaps,
    look: Look,
    order: list[int],
    *,
    selected: int | None,
    key: str,
    classes: tuple[str, ...],
) -> None:
    units = [f"unit {unit}" for unit in range(maps.channels)]
    names = classes if len(classes) == maps.channels else units
    chart(
        unit_bars(
            maps.maps.ravel(),
            names,
            order,
            selected=-1 if selected is None else selected,
            span=look.span(),
            theme=chart_theme(),
        ),
        alt=f"The activation of each of the {maps.channels} units of {maps.layer}.",
        key=f"{key}.units",
    )


def _summary(maps: FeatureMaps, look: Look) -> str:
    channels, rows, columns = maps.maps.shape
    if rows * columns == 1:
        drawn = f"; the first {MAX_BARS} in this order are drawn" if channels > MAX_BARS else ""
        return f"{maps.kind}: {channels} units, one number each{drawn}."
    if maps.layout == "attention":
        return f"{maps.kind}: {channels} heads, each with {rows} queries (rows) and {columns} keys (columns)."
    silent = int((maps.statistics.strength == 0).sum())
    said = [f"{maps.kind}: {channels} channels of {rows} × {columns} positions"]
    if len(maps.extra_tokens):
        extra = len(maps.extra_tokens)
        apart = "the class token" if extra == 1 else f"the {extra} extra tokens, which stand for no patch,"
        said.append(f"tokens laid out as the patches they stand for, {apart} apart")
    if not maps.spatial:
        said.append("rows and columns are no positions of the image, so there is nothing to overlay")
    if max(rows, columns) > _TILE_LIMIT:
        said.append(f"averaged to at most {_TILE_LIMIT} for this view")
    if silent:
        said.append(f"{silent} {'is' if silent == 1 else 'are'} zero everywhere")
    if noise := int(is_rounding(maps.maps).sum()):
        said.append(f"{noise} {'is' if noise == 1 else 'are'} zero to rounding, and drawn flat")
    if look.scale == "shared":
        said.append(f"one scale, {describe(look.scales(maps.maps)[0])}")
    return "; ".join(said) + "."


def _mosaic(maps: FeatureMaps, look: Look) -> NDArray[np.uint8]:
    levels = quantize(maps.maps, look.scales(maps.maps))[look.channels_in_order(maps)]
    colors = look.colormap(maps.maps).colors(levels)
    return mosaic(colors, best_columns(len(levels)), background=_PAPER)
