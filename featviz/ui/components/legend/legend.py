"""The legend of a map: categories to switch on and off, or a colour bar with its range."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from featviz.render.normalization import format_number
from featviz.render.point_colors import PointColors
from featviz.ui.components.browser.component import component

__all__ = ["map_legend"]

_STOPS = 32

_component = component(
    "featviz_map_legend", Path(__file__).parent / "legend.js", html='<div class="map-legend"></div>'
)


def map_legend(
    coloring: PointColors,
    hidden: Collection[int],
    *,
    key: str,
    on_change: Callable[[frozenset[int]], None],
) -> None:
    """Draw what the colours of a map say.

    Args:
        colouring: of the map.
        hidden: numbers of the categories that are switched off.
        key: names the legend.
        on_change: takes those that are switched off from now on, before the page runs again.
    """
    told = json.dumps(legend(coloring, hidden)).encode()
    _component(key=key, data=told, height="content", on_hidden_change=partial(_forward, key, on_change))


def legend(coloring: PointColors, hidden: Collection[int]) -> dict[str, Any]:
    """What the browser is told: the categories with counts and colours, or the ends and colours of a bar."""
    told: dict[str, Any] = {"title": coloring.title, "note": coloring.note}
    if coloring.bounds is not None:
        low, high = map(format_number, coloring.bounds)
        below, above = coloring.beyond
        told["bar"] = {
            "low": f"≤ {low}" if below else low,
            "high": f"≥ {high}" if above else high,
            "colors": [_css(color) for color in coloring.palette[:256:_STOPS]]
            + [_css(coloring.palette[255])],
        }
    told["entries"] = [
        {"name": name, "count": count, "color": _css(color)}
        for name, count, color in zip(
            coloring.names, coloring.counts, coloring.palette[: len(coloring.names)], strict=True
        )
    ]
    told["hidden"] = sorted(hidden)
    return told


def _css(color: Any) -> str:
    red, green, blue = (int(part) for part in color)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _forward(key: str, on_change: Callable[[frozenset[int]], None]) -> None:
    sent = st.session_state[key].get("hidden")
    if sent is not None:
        on_change(frozenset(int(number) for number in sent))
