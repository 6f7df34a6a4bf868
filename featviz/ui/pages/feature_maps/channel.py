"""One channel large: its map, the map over the image, its statistics and the histogram of its values."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.features.feature_maps import FeatureMaps
from featviz.render.charts.histogram import histogram
from featviz.render.normalization import format_number, quantize
from featviz.render.overlay import overlay, to_jpeg, to_png
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import show
from featviz.ui.inputs.display import Look, chosen_opacity, keep_opacity
from featviz.ui.pages.feature_maps.maps import are_units, chosen_channel
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_channel"]

_LARGE = 448
_OPACITY = 60


def draw_channel(
    maps: FeatureMaps,
    look: Look,
    image: NDArray[np.uint8],
    classes: tuple[str, ...] = (),
    *,
    links: Callable[[], None] = lambda: None,
) -> None:
    """Draw the chosen channel of a layer.

    Args:
        maps: what the layer outputs.
        look: scale and colours.
        image: the preprocessed image, (H, W, 3).
        classes: names of the units, where the layer is the network's output.
        links: draws the ways to other pages below the heading.
    """
    channel = chosen_channel(maps)
    if are_units(maps):
        _draw_unit(maps, channel, classes)
        links()
        return
    st.subheader(f"Channel {channel} of {maps.layer}", anchor=False)
    links()
    if not maps.spatial:
        _statistics(maps, channel)
        return
    map_column, overlay_column, statistics_column = st.columns([1, 1, 1], gap="medium")
    one = maps.maps[channel : channel + 1]
    scale = look.scale_of(maps.maps, channel)
    with map_column:
        map_grid(
            quantize(one, [scale]),
            labels=[f"channel {channel}"],
            scales=[scale],
            colour_map=look.colour_map(maps.maps),
            tile_size=360,
            height_limit=None,
            controls=False,
            key="channel.large",
        )
        st.caption(f"The map as it is: {one.shape[1]} x {one.shape[2]} positions.")
    with overlay_column:
        _overlay(maps, channel, look, image)
    with statistics_column:
        _statistics(maps, channel)
        chart(
            histogram(one, quantity="activation", counted="positions", theme=chart_theme()),
            alt=f"Histogram of the activations of channel {channel} at its {one.size} positions.",
            key="channel.histogram",
        )


def _draw_unit(maps: FeatureMaps, unit: int, classes: tuple[str, ...]) -> None:
    """Say what one number is and where it stands among the others."""
    values = maps.maps.ravel()
    name = f": {escape_markdown(classes[unit])}" if len(classes) == maps.channels else ""
    st.subheader(f"Unit {unit} of {maps.layer}{name}", anchor=False)
    larger = int((values > values[unit]).sum())
    rank = "the largest" if larger == 0 else f"number {larger + 1} from the top"
    st.markdown(
        f"Its value is **{format_number(float(values[unit]))}**, {rank} of {maps.channels}. Values lie between "
        f"{format_number(float(values.min()))} and {format_number(float(values.max()))}, "
        f"{format_number(float(values.mean()))} in the mean."
    )


def _overlay(maps: FeatureMaps, channel: int, look: Look, image: NDArray[np.uint8]) -> None:
    opacity = chosen_opacity(_OPACITY)
    enlarged = np.asarray(Image.fromarray(image).resize((_LARGE, _LARGE), Image.Resampling.BICUBIC))
    blended = overlay(
        enlarged,
        maps.maps[channel],
        look.scale_of(maps.maps, channel),
        look.colour_map(maps.maps),
        opacity,
        interpolation="bilinear",
    )
    st.image(to_jpeg(blended), width="stretch", alt=f"Channel {channel} over the image")
    show("opacity", opacity)
    st.slider(
        "Opacity",
        0.0,
        1.0,
        step=0.05,
        key="opacity",
        on_change=lambda: keep_opacity(st.session_state["opacity"]),
    )
    st.download_button(
        "This image (PNG)",
        lambda: to_png(blended),
        f"channel_{channel}.png",
        "image/png",
        on_click="ignore",
        icon=":material/download:",
    )


def _statistics(maps: FeatureMaps, channel: int) -> None:
    statistics = maps.statistics
    shown = {
        "Mean": format_number(float(statistics.mean[channel])),
        "Standard deviation": format_number(float(statistics.deviation[channel])),
        "Smallest": format_number(float(statistics.low[channel])),
        "Largest": format_number(float(statistics.high[channel])),
        "Zeros": f"{statistics.sparsity[channel]:.0%}",
    }
    if len(maps.extra_tokens):
        shown["Class token"] = format_number(float(maps.extra_tokens[0, channel]))
    rows = "\n".join(f"| {name} | {value} |" for name, value in shown.items())
    st.markdown(f"| Statistic | |\n|:--|--:|\n{rows}")
    if statistics.low[channel] == statistics.high[channel]:
        st.caption("The same value everywhere: this channel sees no difference in this image.")
