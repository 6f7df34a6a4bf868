"""The walk through depth: the strongest channels of a few layers, from edges to parts."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.feature_maps import FeatureMaps
from featviz.render.normalisation import channel_scales, quantise
from featviz.ui.look import Look
from featviz.ui.map_grid import map_grid

__all__ = ["draw_depth_strip"]

_STRONGEST = 3
_PIXELS = 112


def draw_depth_strip(stages: Mapping[str, FeatureMaps], look: Look) -> None:
    """Draw the strongest channels of each layer in a row of columns; a click opens one.

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
    for column, (layer, maps) in zip(st.columns(len(stages), gap="small"), stages.items(), strict=True):
        strongest = [int(channel) for channel in maps.statistics.strength.argsort()[::-1][:_STRONGEST]]
        with column:
            map_grid(
                np.stack([_tile(maps, channel, look) for channel in strongest]),
                labels=[f"{layer}, channel {channel}" for channel in strongest],
                on_select=partial(_open, layer, strongest),
                tile_size=_PIXELS,
                height_limit=None,
                controls=False,
                key=f"strip.{layer}",
            )
            st.caption(f"{layer}  \n{maps.channels} x {maps.maps.shape[1]} x {maps.maps.shape[2]}")


def _open(layer: str, strongest: Sequence[int], place: int) -> None:
    st.session_state["layer"], st.session_state["channel"] = layer, strongest[place]


def _tile(maps: FeatureMaps, channel: int, look: Look) -> NDArray[np.uint8]:
    one = maps.maps[channel : channel + 1]
    colours = look.colour_map(maps.maps)
    scale = channel_scales(one, symmetric=colours.kind == "diverging")
    picture = Image.fromarray(colours.colours(quantise(one, scale)[0]))
    return np.asarray(picture.resize((_PIXELS, _PIXELS), Image.Resampling.NEAREST))
