"""Curves: a quantity along an axis beside those it is compared with, and one value a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from featviz.render.charts.bars import Values
from featviz.render.charts.stages import depths, stage_axis
from featviz.render.charts.template import chart_text, figure, vertical_line
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["compared_curves", "points_along"]

_MAX_NAMES = 12


def compared_curves(
    x: Values,
    curves: Mapping[str, Values],
    *,
    x_title: str,
    y_title: str,
    mark: float | None = None,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """One curve in the accent, the others dashed, and a vertical line where `mark` is.

    Args:
        x: (n,) positions, shared by all curves.
        curves: (n,) values by name, that which matters first; at most four.
        x_title: what the positions are, with their unit.
        y_title: what the values are, with their unit.
        mark: a position to mark.
        theme: of the page.
    """
    across, up = chart_text(x_title, None), chart_text(y_title, None)
    lines = [
        go.Scatter(
            x=np.asarray(x, np.float64),
            y=np.asarray(values, np.float64),
            name=chart_text(name, 60),
            mode="lines",
            line={"color": color, "width": 2 if first else 1.6, "dash": "solid" if first else "dash"},
            hovertemplate=f"%{{fullData.name}}<br>{across} %{{x:.2f}}<br>{up} %{{y:.3g}}<extra></extra>",
        )
        for (name, values), color, first in zip(
            curves.items(), theme.series, [True, *[False] * (len(curves) - 1)], strict=False
        )
    ]
    return figure(
        lines,
        theme,
        height=280,
        x={"title": {"text": across}},
        y={"title": {"text": up}},
        showlegend=True,
        shapes=[] if mark is None else [vertical_line(mark, theme.text, 1.2)],
    )


def points_along(
    names: Sequence[str],
    values: Values | Mapping[str, Values],
    *,
    x_title: str,
    y_title: str,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """A line through one value a stage, stages in the order given; of several lines the first is in the accent.

    Args:
        names: of the stages; equal ones keep a point each.
        values: (n,) one a stage, or several such by name, that which matters first.
        x_title: what the stages are.
        y_title: what the values are, with their unit.
        theme: of the page.
    """
    up = chart_text(y_title, None)
    series = values if isinstance(values, Mapping) else {"": values}
    colors = (theme.accent, *theme.series[1:])
    lines = [
        go.Scatter(
            x=depths(len(names)),
            y=np.asarray(each, np.float64),
            name=chart_text(name, 60),
            mode="lines+markers",
            line={"color": color, "width": 2, "dash": "solid" if color == theme.accent else "dash"},
            marker={"size": 7},
            customdata=[chart_text(stage, None) for stage in names],
            hovertemplate=f"%{{customdata}}<br>{chart_text(name, 60) or up} %{{y:.3g}}<extra></extra>",
        )
        for (name, each), color in zip(series.items(), colors, strict=False)
    ]
    across = stage_axis(names, max_names=_MAX_NAMES, title=x_title)
    y = {"title": {"text": up}}
    return figure(lines, theme, height=260, x=across, y=y, showlegend=len(lines) > 1)
