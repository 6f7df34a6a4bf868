"""Networks as points in a plane, the stages of one training joined in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from featviz.render.charts.template import chart_text, figure
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["network_map_chart"]

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "star", "hexagon", "cross")


def network_map_chart(
    points: NDArray[np.float64],
    *,
    families: Sequence[str],
    names: Sequence[str],
    notes: Sequence[Sequence[str]],
    steps: Sequence[int],
    chosen: int,
    height: int = 460,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """A point for each network, both axes on one scale; a click gives its number.

    Args:
        points: (k, 2).
        families: (k,) what has one color and one shape, such as the architecture.
        names: (k,) what stands beside each point.
        notes: (k,) lines that a hover shows.
        steps: (k,) where a line through its family comes by, in rising order; -1 where none does.
        chosen: the network that stands out, -1 for none.
        height: in pixels.
        theme: of the page.
    """
    traces = []
    for number, family in enumerate(dict.fromkeys(families)):
        rows = [row for row, each in enumerate(families) if each == family]
        color = theme.colorway[number % len(theme.colorway)]
        way = sorted((row for row in rows if steps[row] >= 0), key=lambda row: steps[row])
        traces.append(_line(points, way, color))
        traces.append(
            _points(points, rows, chosen, family, names, notes, color, _SYMBOLS[number % len(_SYMBOLS)])
        )
    if chosen >= 0:
        traces.insert(0, _ring(points[chosen], theme.text))
    low, high = points.min(0), points.max(0)
    edge = 0.12 * max(float((high - low).max()), 1e-3)
    quiet: dict[str, Any] = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    return figure(
        traces,
        theme,
        height=height,
        x={**quiet, "range": [low[0] - edge, high[0] + edge], "constrain": "domain"},
        y={**quiet, "range": [low[1] - edge, high[1] + edge], "scaleanchor": "x"},
        showlegend=True,
        clickmode="event+select",
    )


def _points(
    points: NDArray[np.float64],
    rows: list[int],
    chosen: int,
    family: str,
    names: Sequence[str],
    notes: Sequence[Sequence[str]],
    color: str,
    symbol: str,
) -> go.Scatter:
    return go.Scatter(
        x=points[rows, 0],
        y=points[rows, 1],
        mode="markers+text",
        name=chart_text(family),
        text=["\u2002" * (row == chosen) + chart_text(names[row]) for row in rows],
        textposition=["middle right" if row == chosen else _beside(points, row) for row in rows],
        textfont={"size": 12},
        cliponaxis=False,
        customdata=[[row] for row in rows],
        hovertext=["<br>".join(chart_text(line, None) for line in notes[row]) for row in rows],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={"size": 12, "color": color, "symbol": symbol},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}, "textfont": {}},
    )


def _line(points: NDArray[np.float64], rows: list[int], color: str) -> go.Scatter:
    return go.Scatter(
        x=points[rows, 0],
        y=points[rows, 1],
        mode="lines",
        line={"color": color, "width": 1.5},
        opacity=0.6,
        hoverinfo="skip",
        showlegend=False,
    )


def _ring(point: NDArray[np.float64], color: str) -> go.Scatter:
    marker = {"size": 22, "color": "rgba(0, 0, 0, 0)", "line": {"color": color, "width": 2}}
    return go.Scatter(
        x=[point[0]], y=[point[1]], mode="markers", marker=marker, hoverinfo="skip", showlegend=False
    )


def _beside(points: NDArray[np.float64], row: int) -> str:
    """Where the words stand: away from the nearest other point."""
    away = points[row] - points
    distances = np.linalg.norm(away, axis=1)
    distances[row] = np.inf
    if not np.isfinite(distances.min()) or len(points) < 2:
        return "top center"
    return "top center" if away[int(distances.argmin())][1] >= 0 else "bottom center"
