"""The one place where a plotly figure is put on a page."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from featviz.render.charts.theme import DARK, LIGHT, ChartTheme
from featviz.ui.components.idle.idle import when_idle
from featviz.ui.state.theme import is_dark, text_scale

__all__ = ["LOADED", "chart", "chart_theme"]

LOADED = "_plotly_loaded"
"""In the session's state: whether the browser may have plotly's script by now."""

_PICKED = "_picked_chart"

# A picture of the chart and the whole screen; what would zoom or select is off, as the axes are fixed.
_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "doubleClick": False,
    "toImageButtonOptions": {"format": "png", "scale": 2},
}


def chart_theme() -> ChartTheme:
    """The colors and the size of text of charts on the visitor's page."""
    return replace(DARK if is_dark() else LIGHT, text_scale=text_scale())


def chart(figure: go.Figure, *, alt: str, key: str, on_pick: Callable[[int], None] | None = None) -> None:
    """Draw a figure as wide as its container and as high as it says, which is kept free until it is drawn.

    The first charts of a session come when the browser is idle: plotly's script is 4.7 MB, and the rest of the page
    is not to wait for it. Later ones come with the page.

    Args:
        figure: made by `featviz.render.charts` with `chart_theme()`. Streamlit's own theme is left out: it would
            write its margins, fonts and grid over the template's.
        alt: what the figure shows, in a sentence, for those who do not see it.
        key: names the chart on its page.
        on_pick: takes the number that stands first in the `customdata` of a point that is picked; the page runs again.
    """
    _draw(figure, alt, key, on_pick)


@st.fragment
def _draw(figure: go.Figure, alt: str, key: str, on_pick: Callable[[int], None] | None) -> None:
    if st.session_state.pop(_PICKED, None) == key:
        st.rerun()
    height = int(figure.layout.height)
    if not st.session_state.get(LOADED):
        when_idle(key=f"{key}.idle", height=height, on_idle=_load)
        return
    st.plotly_chart(
        figure,
        theme=None,
        config=_CONFIG,
        width="stretch",
        height=height,
        alt=alt,
        key=key,
        on_select="ignore" if on_pick is None else partial(_pick, key, on_pick),
        selection_mode="points",
    )


def _pick(key: str, on_pick: Callable[[int], None]) -> None:
    state: Any = st.session_state.get(key)
    points = [] if state is None else state["selection"]["points"]
    if points and points[0].get("customdata"):
        on_pick(int(points[0]["customdata"][0]))
        st.session_state[_PICKED] = key


def _load() -> None:
    st.session_state[LOADED] = True
