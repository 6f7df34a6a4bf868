"""The walk through depth: the strongest channels of a few layers, from edges to parts."""

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.features.depth import layers_through_depth
from featviz.explain.features.feature_maps import FeatureMaps
from featviz.models.model import Model
from featviz.render.mosaic import thumbnails
from featviz.render.normalization import Scale, channel_scales, quantize, without_rounding
from featviz.ui.app.subject import draw_subject
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.display import Look
from featviz.ui.pages.feature_maps.maps import OPENED, SIDES, open_layer
from featviz.ui.pages.feature_maps.view_state import VIEW
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.features import layer_maps

__all__ = ["draw_depth_strips"]

Open = Callable[[str, int], None]
_STRONGEST = 3
_PIXELS = 64


def draw_depth_strips(model: Model, second: Model | None, image: ChosenImage, look: Look) -> None:
    """Draw the strongest channels of layers through the depth of a network, and of a second one beside it.

    Args:
        model: the network.
        second: the other one, or None.
        image: what they are shown.
        look: the colors.
    """
    if second is None:
        _draw_strip(_stages(model, image), look, on_open=open_layer)
        return
    draw_subject(second, image)
    opens: tuple[tuple[Model, Open], ...] = ((model, open_layer), (second, _open_second))
    for column, side, (network, on_open) in zip(st.columns(2, gap="medium"), SIDES, opens, strict=True):
        with column:
            _draw_strip(_stages(network, image), look, on_open=on_open, key=f"{side}strip")


def _stages(model: Model, image: ChosenImage) -> dict[str, FeatureMaps]:
    """By layer, in order of execution, what it outputs."""
    walk = [stage.name for stage in layers_through_depth(model.layers)]
    return layer_maps(model, image, *walk) if walk else {}


def _open_second(layer: str, channel: int) -> None:
    VIEW["matched_layer"].keep(layer)
    VIEW["second_channel"].keep(channel)


def _draw_strip(
    stages: Mapping[str, FeatureMaps],
    look: Look,
    *,
    on_open: Open,
    key: str = "strip",
) -> None:
    """Draw the strongest channels of each layer, a column a layer; a click opens one.

    Every channel has a scale of its own.
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
        colormap=[look.colormap(stages[layer].maps) for layer, _channel in cells],
        grids=[stages[layer].maps.shape[1:] for layer, _channel in cells],
        reveals=OPENED,
        on_select=lambda index: on_open(*cells[index]),
        heads=[f"{layer}\n{_shape(maps)}" for layer, maps in stages.items()],
        height_limit=None,
        controls=False,
        key=key,
    )


def _shape(maps: FeatureMaps) -> str:
    return f"{maps.channels} × {maps.maps.shape[1]} × {maps.maps.shape[2]}"


def _tile(maps: FeatureMaps, channel: int, look: Look) -> tuple[NDArray[np.uint8], Scale]:
    """The levels of a channel, enlarged to the size that all tiles have, and what they stand for."""
    one = thumbnails(maps.maps[channel : channel + 1], limit=_PIXELS)
    scales = channel_scales(one, symmetric=look.colormap(maps.maps).kind == "diverging")
    scales = without_rounding(scales, one)
    enlarged = Image.fromarray(quantize(one, scales)[0]).resize((_PIXELS, _PIXELS), Image.Resampling.NEAREST)
    return np.asarray(enlarged), scales[0]
