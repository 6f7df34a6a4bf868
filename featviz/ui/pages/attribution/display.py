"""How attributions are laid over images: opacity, colours, and what the colours stand for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.colormaps import COLORMAPS, Colormap
from featviz.render.normalization import Scale, shared_scale
from featviz.ui.inputs.controls import segments
from featviz.ui.inputs.display import FITTING, choose_colors, chosen_opacity, diverging
from featviz.ui.inputs.level import has_control
from featviz.ui.pages.attribution.view_state import LIMITS, SHARING, TINTS, VIEW

__all__ = ["OverlayLook", "choose_overlay_look"]

_OPACITY = 75


@dataclass(frozen=True)
class OverlayLook:
    """How maps are laid over images.

    Attributes:
        opacity: 0 shows the image alone, 1 the map alone.
        colors: the id of a two-sided colour map.
        sharing: which maps share a scale: "cell", "method" or "all".
        percentile: the share of pixels, in percent, that lies within the scale; the others take its ends.
    """

    opacity: float
    colors: str
    sharing: str
    percentile: float

    @property
    def colormap(self) -> Colormap:
        """The colours, from against the target to for it."""
        return COLORMAPS[self.colors]

    def scales(self, maps: Mapping[str, NDArray[np.float32]], methods: Mapping[str, str]) -> dict[str, Scale]:
        """The scale of each map, symmetric about zero.

        Args:
            maps: by cell.
            methods: the method of each cell.
        """
        groups = {"cell": {cell: cell for cell in maps}, "method": methods, "all": dict.fromkeys(maps, "")}
        group = groups[self.sharing]
        scales: dict[str, Scale] = {}
        for name in {group[cell] for cell in maps}:
            members = [cell for cell in maps if group[cell] == name]
            reach = max(self._limit(maps[cell]) for cell in members)
            scales |= dict.fromkeys(members, Scale(-reach, reach, symmetric=True))
        return scales

    @property
    def note(self) -> str:
        """What a reader has to know about the scale."""
        cut = (
            ""
            if self.percentile == 100
            else f"; the largest {100 - self.percentile:g}% of a map take its ends"
        )
        return SHARING[self.sharing].lower() + cut

    def _limit(self, values: NDArray[np.float32]) -> float:
        return shared_scale(values, symmetric=True, percentile=self.percentile).high


def choose_overlay_look(level: str, *, compared: bool = False) -> OverlayLook:
    """Draw the controls of scale and colours at a level; the opacity is set below the maps.

    Args:
        level: one of `LEVELS`.
        compared: whether two networks are, of which it is always told what shares a scale.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        shares = compared or has_control(VIEW["sharing"], "more", level)
        sharing = _choose_sharing() if shares else VIEW["sharing"].text
        limit = _choose_limit() if has_control(VIEW["limit"], "more", level) else VIEW["limit"].text
        colors = (
            _choose_colormap()
            if has_control(VIEW["attribution_colormap"], "more", level)
            else VIEW["attribution_colormap"].text
        )
    return OverlayLook(
        chosen_opacity(_OPACITY), diverging() if colors == FITTING else colors, sharing, float(limit)
    )


def _choose_sharing() -> str:
    return segments(
        "Normalization",
        list(SHARING),
        key=VIEW["sharing"],
        name=SHARING.__getitem__,
        help="Values of one method can be compared on one scale; those of different methods mean different things.",
    )


def _choose_limit() -> str:
    return segments(
        "Clip at percentile",
        list(LIMITS),
        key=VIEW["limit"],
        name=LIMITS.__getitem__,
        help="A few extreme pixels can make all others look like nothing.",
    )


def _choose_colormap() -> str:
    return choose_colors(
        TINTS,
        VIEW["attribution_colormap"],
        "Two hues about zero: positive attribution speaks for the target, negative against it.",
    )
