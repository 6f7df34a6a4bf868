"""The walk through depth: the strongest channels of a few layers, from edges to parts."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.features.feature_maps import FeatureMaps
from featviz.render.mosaic import thumbnails
from featviz.render.normalization import Scale, channel_scales, quantize
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.display import Look
from featviz.ui.pages.feature_maps.maps import OPENED, open_channel
from featviz.ui.pages.feature_maps.view_state import VIEW

__all__ = ["draw_depth_strip"]

_STRONGEST = 3
_PIXELS = 64


def draw_depth_strip(stages: Mapping[str, FeatureMaps], look: Look) -> None:
    """Draw the strongest channels of each layer, a column a layer; a click opens one.

    Args:
        stages: by layer, in order of execution, what it outputs.
        look: the colours. Every channel has a scale of its own here.
    """
    if not stages:
        return
    st.caption(
        f"Through the depth: the {_STRONGEST} strongest channels of {len(stages)} layers, from the first to the "
        "last. Click one to open it."
    )
    columns = {layer: maps.statistics.strength.argsort()[::-1][:_STRONGEST] for layer, maps in stages.items()}
    rows = min(len(channels) for channels in columns.values())
    cells = [(layer, int(columns[layer][row])) for row in range(rows) for layer in stages]
    tiles = [_tile(stages[layer], channel, look) for layer, channel in cells]
    map_grid(
        np.stack([levels for levels, _scale in tiles]),
        labels=[f"{layer}, channel {channel}" for layer, channel in cells],
        scales=[scale for _levels, scale in tiles],
        colour_map=[look.colour_map(stages[layer].maps) for layer, _channel in cells],
        grids=[stages[layer].maps.shape[1:] for layer, _channel in cells],
        reveals=OPENED,
        on_select=lambda index: _open(*cells[index]),
        heads=[f"{layer}\n{_shape(maps)}" for layer, maps in stages.items()],
        height_limit=None,
        controls=False,
        key="strip",
    )


def _open(layer: str, channel: int) -> None:
    VIEW["layer"].keep(layer)
    open_channel(layer, channel)


def _shape(maps: FeatureMaps) -> str:
    return f"{maps.channels} x {maps.maps.shape[1]} x {maps.maps.shape[2]}"


def _tile(maps: FeatureMaps, channel: int, look: Look) -> tuple[NDArray[np.uint8], Scale]:
    """The levels of a channel, enlarged to the size that all tiles have, and what they stand for."""
    one = thumbnails(maps.maps[channel : channel + 1], limit=_PIXELS)
    scales = channel_scales(one, symmetric=look.colour_map(maps.maps).kind == "diverging")
    enlarged = Image.fromarray(quantize(one, scales)[0]).resize((_PIXELS, _PIXELS), Image.Resampling.NEAREST)
    return np.asarray(enlarged), scales[0]
