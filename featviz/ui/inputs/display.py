"""How maps are looked at: their order, their scale and their colours. None of it runs the network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.features.feature_maps import ORDERS, FeatureMaps, order_channels
from featviz.render.colormaps import COLORMAPS, Colormap
from featviz.render.normalization import Scale, channel_scales, shared_scale, without_rounding
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.state.theme import is_dark, scaled
from featviz.ui.state.view_state import Choice, Entry, ViewState, Whole

__all__ = [
    "FITTING",
    "LOOK",
    "OPACITY",
    "Look",
    "choose_colors",
    "choose_look",
    "chosen_opacity",
    "diverging",
    "keep_opacity",
]

_ORDERS = {"index": "Index", "strength": "Mean activation", "sparsity": "Least sparse"}
_SCALES = {"channel": "Per map", "shared": "Shared"}
FITTING = "fitting"
"""Colours that follow from the values: one hue where they cannot be negative, two where they can."""

LOOK = ViewState(
    "look",
    order=Choice(ORDERS, "index"),
    scale=Choice(_SCALES, "channel"),
    colormap=Choice((FITTING, *COLORMAPS), FITTING, was=("colours",)),
)
"""How maps are looked at."""

OPACITY = ViewState("opacity", opacity=Whole(0, 100, was=("blend",)))
"""How much of a map is seen over its image, in percent."""


@dataclass(frozen=True)
class Look:
    """A way of looking at maps; two sessions with equal looks see equal images."""

    order: str
    scale: str
    colors: str

    def colormap(self, maps: NDArray[np.float32]) -> Colormap:
        """The colours chosen; where they shall fit, diverging ones as soon as a value is negative."""
        if self.colors in COLORMAPS:
            return COLORMAPS[self.colors]
        if maps.min() >= 0:
            return COLORMAPS["viridis"]
        return COLORMAPS[diverging()]

    def scale_of(self, maps: NDArray[np.float32], channel: int) -> Scale:
        """What the colours of one map stand for, as `scales` says."""
        return self.scales(maps)[channel]

    def scales(self, maps: NDArray[np.float32]) -> tuple[Scale, ...]:
        """What the colours of each map stand for; zero lies in the middle of diverging colours."""
        symmetric = self.colormap(maps).kind == "diverging"
        if self.scale == "shared":
            return without_rounding([shared_scale(maps, symmetric=symmetric)], maps[None]) * len(maps)
        return without_rounding(channel_scales(maps, symmetric=symmetric), maps)

    def channels_in_order(self, maps: FeatureMaps) -> list[int]:
        """The channels of a layer as they stand one after the other."""
        return [int(channel) for channel in order_channels(maps.statistics, self.order)]

    def span(self) -> tuple[float, float] | None:
        """The ends of the axis on which units are drawn; None where those of one layer decide."""
        return None


def choose_look(scale_at_first: str | None = None) -> Look:
    """Draw the controls of order, scale and colours.

    Args:
        scale_at_first: the scale until somebody chooses, "channel" or "shared"; None is the usual one.
    """
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        order = segments(
            "Order",
            list(ORDERS),
            key=LOOK["order"],
            name=_ORDERS.__getitem__,
            help="Strongest: the largest mean size of the values. Densest: the fewest zeros.",
        )
        scale = segments(
            "Normalization",
            list(_SCALES),
            key=LOOK["scale"],
            default=scale_at_first,
            name=_SCALES.__getitem__,
            help="On scales of their own, weak channels show their pattern; on one scale, they look weak.",
        )
        colors = choose_colors(
            [FITTING, *COLORMAPS],
            LOOK["colormap"],
            "Auto: one hue for values that cannot be negative, two about zero for signed ones.",
        )
    return Look(order, scale, colors)


def choose_colors(offered: Sequence[str], entry: Entry, explanation: str) -> str:
    """Draw the choice of a colour map, by id, or of those that fit; `explanation` is what its help says."""
    return choice(
        "Colormap",
        offered,
        key=entry,
        name=lambda name: "Auto" if name == FITTING else COLORMAPS[name].name,
        help=explanation,
        width=scaled(220),
    )


def chosen_opacity(default: int) -> float:
    """How much of a map is seen over its image, in [0, 1].

    Args:
        default: in percent, where nothing was chosen.
    """
    chosen = OPACITY["opacity"].read(OPACITY["opacity"].text)
    return (default if chosen is None else int(chosen)) / 100


def keep_opacity(share: float) -> None:
    """Choose how much of a map is seen over its image, in [0, 1]."""
    OPACITY["opacity"].keep(round(share * 100))


def diverging() -> str:
    """The id of the two-sided colours whose middle is quiet on the user's page."""
    return "blue_black_red" if is_dark() else "blue_white_red"
