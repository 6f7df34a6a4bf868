"""A quantity against the number of images it is computed from, with its spread over random subsets."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from featviz.render.charts.bars import Values
from featviz.render.charts.template import chart_text, figure
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["size_curve_chart"]


def size_curve_chart(
    sizes: Values,
    values: Values,
    spreads: Values,
    *,
    y_title: str,
    height: int = 200,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """A line over the number of images, on a logarithmic axis, with a bar of one standard deviation at each size.

    Args:
        sizes: (s,) numbers of images, ascending.
        values: (s,) the mean over subsets of each size; NaN where there is none.
        spreads: (s,) the standard deviation over them.
        y_title: what the values are.
        height: of the drawing, in pixels.
        theme: of the page.
    """
    counts = np.asarray(sizes, np.float64)
    line = go.Scatter(
        x=counts,
        y=np.asarray(values, np.float64),
        error_y={
            "array": np.asarray(spreads, np.float64),
            "color": theme.quiet,
            "thickness": 1.2,
            "width": 3,
        },
        mode="lines+markers",
        line={"color": theme.accent, "width": 2},
        marker={"size": 6, "color": theme.accent},
        hovertemplate="%{x} images<br><b>%{y:.3f}</b> ± %{error_y.array:.3f}<extra></extra>",
    )
    shown = counts[:: max(1, len(counts) // 4)]
    across = {
        "title": {"text": "images"},
        "type": "log",
        "tickvals": shown,
        "ticktext": [f"{count:.0f}" for count in shown],
    }
    return figure(
        [line], theme, height=height, x=across, y={"title": {"text": chart_text(y_title)}, "nticks": 5}
    )
