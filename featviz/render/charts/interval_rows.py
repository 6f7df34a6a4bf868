"""Rows of values with their intervals: several quantities of a few named things, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from featviz.render.charts.template import chart_text, figure
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["IntervalRows", "interval_rows"]

_ROW, _AROUND = 34, 96
_APART = 0.22
_LONGEST = 24


@dataclass(frozen=True)
class IntervalRows:
    """One quantity.

    Attributes:
        name: of the quantity.
        values: one a row, shares in [0, 1]; None where there is none.
        intervals: low and high of each; None likewise.
    """

    name: str
    values: Sequence[float | None]
    intervals: Sequence[tuple[float, float] | None]


def interval_rows(
    rows: Sequence[str], quantities: Sequence[IntervalRows], *, x_title: str, theme: ChartTheme = LIGHT
) -> go.Figure:
    """A row for each thing, in it a point with its interval for each quantity; the last row is the one that counts.

    Args:
        rows: names of the things, from top to bottom.
        quantities: at most four.
        x_title: what the values are a share of.
        theme: of the page.
    """
    offsets = (np.arange(len(quantities)) - (len(quantities) - 1) / 2) * _APART
    traces = [
        _points(rows, each, -float(offset), color)
        for each, offset, color in zip(quantities, offsets, theme.series, strict=False)
    ]
    names = [chart_text(name, _LONGEST) for name in rows]
    names[-1] = f"<b>{names[-1]}</b>"
    y = {
        "tickvals": list(range(len(rows))),
        "ticktext": names,
        "range": [len(rows) - 0.5, -0.5],
        "showgrid": False,
    }
    x = {"title": {"text": x_title}, "tickformat": ".0%", "showgrid": True}
    return figure(traces, theme, height=_AROUND + _ROW * len(rows), x=x, y=y, showlegend=True)


def _points(rows: Sequence[str], quantity: IntervalRows, offset: float, color: str) -> go.Scatter:
    known = [
        (number, value, interval or (value, value))
        for number, (value, interval) in enumerate(zip(quantity.values, quantity.intervals, strict=True))
        if value is not None
    ]
    return go.Scatter(
        x=[value for _, value, _ in known],
        y=[number - offset for number, _, _ in known],
        name=quantity.name,
        mode="markers",
        marker={"size": 9, "color": color},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - value for _, value, (_, high) in known],
            "arrayminus": [value - low for _, value, (low, _) in known],
            "color": color,
            "thickness": 2,
            "width": 4,
        },
        customdata=[
            [chart_text(rows[number], None), f"{low:.1%} to {high:.1%}"] for number, _, (low, high) in known
        ],
        hovertemplate="%{customdata[0]}<br>%{fullData.name} <b>%{x:.1%}</b><br>%{customdata[1]}<extra></extra>",
    )
