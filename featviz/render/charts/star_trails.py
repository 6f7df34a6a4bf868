"""Where points go from one map to another, as trails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from featviz.render.charts.template import chart_text, figure
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["star_trails_chart"]

Points = NDArray[np.floating[Any]]


def star_trails_chart(
    before: Points,
    after: Points,
    rows: NDArray[np.integer[Any]],
    notes: Sequence[str],
    *,
    height: int = 400,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """All points where they were, and for some of them a trail to where they are; a click on its end gives its number.

    Args:
        before: (n, 2) on one map.
        after: (n, 2) on the other, laid over it.
        rows: (m,) which have a trail.
        notes: (m,) what a hover over each end shows.
        height: in pixels.
        theme: of the page.
    """
    gaps = np.full(len(rows), np.nan)
    across, up = (np.stack([before[rows, axis], after[rows, axis], gaps], 1).ravel() for axis in (0, 1))
    quiet = {"size": 4, "color": theme.quiet, "opacity": 0.45}
    traces = [
        go.Scatter(x=before[:, 0], y=before[:, 1], mode="markers", marker=quiet, hoverinfo="skip"),
        go.Scatter(
            x=across,
            y=up,
            mode="lines",
            line={"color": theme.accent, "width": 1.2},
            opacity=0.55,
            hoverinfo="skip",
        ),
        go.Scatter(
            x=after[rows, 0],
            y=after[rows, 1],
            mode="markers",
            marker={"size": 8, "color": theme.accent},
            unselected={"marker": {"opacity": 1}},
            customdata=[[int(row)] for row in rows],
            hovertext=[chart_text(note, 80) for note in notes],
            hovertemplate="%{hovertext}<extra></extra>",
        ),
    ]
    bare: dict[str, Any] = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    return figure(
        traces,
        theme,
        height=height,
        x=bare,
        y={**bare, "scaleanchor": "x"},
        clickmode="event+select",
    )
