"""The look that every chart shares: one plotly template for light pages, and one for dark ones."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

import pandas  # noqa: F401 - plotly takes it from sys.modules, half loaded where another thread imports it just then
import plotly.graph_objects as go

from featviz.render.charts.theme import ChartTheme

__all__ = ["chart_text", "figure", "template", "vertical_line"]

_FONT = '"Source Sans", "Source Sans Pro", system-ui, sans-serif'
_CLEAR = "rgba(0, 0, 0, 0)"
_LEGEND = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "y": 1,
    "yanchor": "bottom",
    "bgcolor": _CLEAR,
    "itemclick": False,
    "itemdoubleclick": False,
}
_LONGEST = 28


@cache
def template(theme: ChartTheme) -> go.layout.Template:
    """Fonts, grid, colors, margins, hover labels and legend; nothing can be dragged, so a finger scrolls the page."""
    axis = _axis(theme)
    return go.layout.Template(
        layout={
            "font": {"family": _FONT, "size": theme.text_size, "color": theme.text},
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
            "colorway": list(theme.colorway),
            "margin": {"l": 8, "r": 8, "t": 12, "b": 8},
            "hoverlabel": {
                "bgcolor": theme.surface,
                "bordercolor": theme.quiet,
                "font": {"family": _FONT, "size": theme.text_size, "color": theme.text},
                "align": "left",
            },
            "legend": _LEGEND,
            "modebar": {"bgcolor": _CLEAR, "color": theme.muted, "activecolor": theme.text},
            "dragmode": False,
            "hovermode": "closest",
            "bargap": 0.1,
            "showlegend": False,
            "xaxis": {**axis, "showgrid": False, "zeroline": False},
            "yaxis": axis,
        }
    )


def _axis(theme: ChartTheme) -> dict[str, Any]:
    return {
        "gridcolor": theme.grid,
        "linecolor": theme.grid,
        "zerolinecolor": theme.grid,
        "tickfont": {"color": theme.muted, "size": 12 * theme.text_scale},
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": _CLEAR,
        "title": {"font": {"color": theme.text, "size": theme.text_size}, "standoff": 8},
        "automargin": True,
        "fixedrange": True,
        "nticks": 6,
    }


def figure(
    traces: list[Any], theme: ChartTheme, *, height: int, x: dict[str, Any], y: dict[str, Any], **layout: Any
) -> go.Figure:
    """A figure in the shared look.

    Args:
        traces: of plotly.
        theme: light or dark.
        height: in pixels at the usual size of text; the page keeps it free while plotly's script is on its way.
        x: what plotly's `layout.xaxis` takes.
        y: likewise.
        layout: what else `layout` takes.
    """
    tall = round(height * theme.text_scale)
    return go.Figure(
        traces, layout={"template": template(theme), "height": tall, "xaxis": x, "yaxis": y, **layout}
    )


def vertical_line(x: float, color: str, width: float = 1) -> dict[str, Any]:
    """A dotted line through the whole plot, one of `layout.shapes`; plotly's `add_vline` takes 1.7 ms for it.

    Args:
        x: where it stands, in the units of the axis.
        color: of CSS.
        width: in pixels.
    """
    line = {"color": color, "width": width, "dash": "dot"}
    return {"type": "line", "xref": "x", "yref": "y domain", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}


def chart_text(text: str, longest: int | None = _LONGEST) -> str:
    """A name as plotly shall show it: cut where it is too long, and read neither as markup nor as a template.

    Args:
        text: anything, a visitor's words too.
        longest: how many characters are shown; None for all.
    """
    cut = text if longest is None or len(text) <= longest else text[: longest - 1].rstrip() + "…"
    return escape(cut, quote=False).replace("%{", "&#37;{")
