"""Where the layers and the opened channel stand: side by side, or one below the other where there are more layers."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.features.feature_maps import FeatureMaps
from featviz.ui.inputs.display import Look
from featviz.ui.pages.feature_maps.attention import draw_head, draw_heads_over_image
from featviz.ui.pages.feature_maps.channel import draw_channel
from featviz.ui.pages.feature_maps.maps import OPENED, chosen_channel, draw_layer, open_channel, opened_maps

__all__ = ["draw_layers"]


def draw_layers(
    maps: Sequence[FeatureMaps],
    look: Look,
    image: NDArray[np.uint8],
    *,
    about: tuple[str, ...],
    classes: tuple[str, ...],
    links: Callable[[], None] = lambda: None,
) -> None:
    """Draw the maps of layers, and the channel that was opened large.

    Args:
        maps: of each layer, the first that was chosen.
        look: order, scale and colours.
        image: the preprocessed image, (H, W, 3).
        about: what stands in the names of files.
        classes: names of the units, where a layer is the network's output.
        links: draws the ways from the channel to other pages.
    """
    alone, opened = len(maps) == 1, opened_maps(maps)
    columns = st.columns(2 if alone else len(maps), gap="medium")
    for number, (column, each) in enumerate(zip(columns, maps, strict=False)):
        with column:
            draw_layer(
                each,
                look,
                selected=chosen_channel(each) if each is opened else None,
                on_select=partial(open_channel, each.layer),
                key=f"maps.beside.{each.layer}" if number else "maps",
                about=about,
                classes=classes,
            )
    with columns[1] if alone else st.container(), st.container(key=OPENED):
        if opened.layout == "attention":
            draw_head(opened, chosen_channel(opened), look, about=about)
        else:
            draw_channel(
                opened,
                chosen_channel(opened),
                look,
                image,
                about=about,
                wide=not alone,
                classes=classes,
                links=links,
            )
    if opened.layout == "attention":
        draw_heads_over_image(opened, look, image, about=about)
