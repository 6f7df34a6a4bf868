"""One channel large: its map, the map over the image, its statistics and the histogram of its values."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.features.feature_maps import FeatureMaps
from featviz.render.captioned import MIN_SIDE, color_bar
from featviz.render.charts.histogram import histogram
from featviz.render.normalization import format_number, quantize
from featviz.render.overlay import overlay, to_jpeg
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import show
from featviz.ui.inputs.display import Look, chosen_opacity, keep_opacity
from featviz.ui.inputs.file_download import draw_image_download
from featviz.ui.pages.feature_maps.maps import are_units
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_channel"]

_LARGE = 448
_OPACITY = 60


def draw_channel(
    maps: FeatureMaps,
    channel: int,
    look: Look,
    image: NDArray[np.uint8],
    *,
    about: tuple[str, ...],
    wide: bool,
    classes: tuple[str, ...] = (),
    links: Callable[[], None] = lambda: None,
    key: str = "",
) -> None:
    """Draw a channel of a layer.

    Args:
        maps: what the layer outputs.
        channel: the one that was chosen.
        look: scale and colours.
        image: the preprocessed image, (H, W, 3).
        about: what stands in the names of files.
        wide: whether there is room for all of it side by side.
        classes: names of the units, where the layer is the network's output.
        links: draws the ways to other pages below the heading.
        key: stands in front of the names of what is drawn, where a channel of another network stands beside this one.
    """
    if are_units(maps):
        _draw_unit(maps, channel, classes)
        links()
        return
    st.subheader(f"Channel {channel} of {maps.layer}", anchor=False)
    links()
    named = (*about[:2], maps.layer, f"channel {channel}", *about[2:])
    first, second, third, fourth = _columns(wide, spatial=maps.spatial)
    with first:
        _draw_map(maps, channel, look, named, key)
    if maps.spatial:
        with second:
            _draw_overlay(maps, channel, look, image, named, key)
    with third:
        _draw_statistics(maps, channel)
    with fourth:
        _draw_histogram(maps, channel, key)


def _columns(wide: bool, *, spatial: bool) -> tuple[st.delta_generator.DeltaGenerator, ...]:
    """Where map, overlay, statistics and histogram stand."""
    if wide:
        first, second, third = st.columns(3, gap="medium")
        return first, second, third, third
    first, second = st.columns(2, gap="small")
    if not spatial:
        return first, second, second, st.container()
    third, fourth = st.columns(2, gap="small")
    return first, second, third, fourth


def _draw_map(maps: FeatureMaps, channel: int, look: Look, about: tuple[str, ...], key: str) -> None:
    one, scale, colors = (
        maps.maps[channel : channel + 1],
        look.scale_of(maps.maps, channel),
        look.colormap(maps.maps),
    )
    levels = quantize(one, [scale])
    map_grid(
        levels,
        labels=[f"channel {channel}"],
        scales=[scale],
        colormap=colors,
        fill=True,
        height_limit=None,
        controls=False,
        linked="channel.large",
        key=f"{key}channel.large",
    )
    draw_image_download(
        "Map (PNG)",
        lambda: colors.colors(levels[0]),
        about,
        bar=lambda: color_bar(colors, [scale]),
        key=f"{key}map.png",
    )


def _draw_overlay(
    maps: FeatureMaps,
    channel: int,
    look: Look,
    image: NDArray[np.uint8],
    about: tuple[str, ...],
    key: str,
) -> None:
    scale, colors = look.scale_of(maps.maps, channel), look.colormap(maps.maps)
    opacity = chosen_opacity(_OPACITY)

    def blended(side: int) -> NDArray[np.uint8]:
        enlarged = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
        return overlay(enlarged, maps.maps[channel], scale, colors, opacity, interpolation="bilinear")

    st.image(to_jpeg(blended(_LARGE)), width="stretch", alt=f"Channel {channel} over the image")
    slider = f"{key}opacity.chosen"
    show(slider, opacity)
    st.slider(
        "Opacity",
        0.0,
        1.0,
        step=0.05,
        key=slider,
        on_change=lambda: keep_opacity(st.session_state[slider]),
    )
    draw_image_download(
        "Overlay (PNG)",
        lambda: blended(MIN_SIDE),
        (*about, "overlay"),
        bar=lambda: color_bar(colors, [scale]),
        key=f"{key}overlay.png",
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


def _draw_statistics(maps: FeatureMaps, channel: int) -> None:
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
    if len(maps.extra_tokens) > 1:
        others = f"Other extra tokens ({len(maps.extra_tokens) - 1}), mean"
        shown[others] = format_number(float(maps.extra_tokens[1:, channel].mean()))
    rows = "\n".join(f"| {name} | {value} |" for name, value in shown.items())
    st.markdown(f"| Statistic | Value |\n|:--|--:|\n{rows}")
    if statistics.low[channel] == statistics.high[channel]:
        st.caption("The same value everywhere: this channel sees no difference in this image.")


def _draw_histogram(maps: FeatureMaps, channel: int, key: str) -> None:
    one = maps.maps[channel]
    chart(
        histogram(one, quantity="activation", counted="positions", theme=chart_theme()),
        alt=f"Histogram of the activations of channel {channel} at its {one.size} positions.",
        key=f"{key}channel.histogram",
    )
