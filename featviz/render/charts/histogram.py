"""A histogram: how often each value occurs."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from featviz.render.charts.template import figure, vertical_line
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["histogram"]


def histogram(
    values: NDArray[np.floating[Any]],
    *,
    bins: int = 32,
    quantity: str = "value",
    counted: str = "values",
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """Bars over `bins` equal steps between the smallest value and the largest, and a line where zero lies.

    The counts are made here: the figure has a size of its own, whatever the number of values.

    Args:
        values: finite, of any shape.
        bins: how many bars.
        quantity: what the values are, with their unit.
        counted: what each value belongs to, such as "positions".
        theme: of the page.
    """
    counts, edges = np.histogram(np.asarray(values, np.float64).ravel(), bins=bins)
    bars = go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": theme.accent, "line": {"width": 0}},
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        hovertemplate=f"{quantity} %{{customdata[0]:.3~g}} to %{{customdata[1]:.3~g}}"
        f"<br>%{{y}} {counted}<extra></extra>",
    )
    at_zero = [vertical_line(0, theme.muted)] if edges[0] < 0 < edges[-1] else []
    return figure(
        [bars],
        theme,
        height=200,
        x={"title": {"text": quantity}, "nticks": 5},
        y={"title": {"text": counted}, "nticks": 4},
        bargap=0,
        shapes=at_zero,
    )
