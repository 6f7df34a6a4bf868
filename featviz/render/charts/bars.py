"""Bars: activations of units, norms of filters, explained variance, probabilities of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from featviz.render.charts.template import chart_text, figure
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["MAX_BARS", "norm_bars", "probability_bars", "scree_bars", "unit_bars"]

Values = NDArray[np.floating[Any]]
MAX_BARS = 1024
_WITHOUT_TICK_LABELS = {"showticklabels": False}
_PROBABILITY_AXIS = {"range": [0, 1.16], "tickvals": [0, 0.5, 1], "tickformat": ".0%"}


def unit_bars(
    values: Values,
    names: Sequence[str],
    order: Sequence[int],
    *,
    selected: int,
    span: tuple[float, float] | None = None,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """The activation of each unit, the selected one in the accent; the first 1,024 where there are more.

    Args:
        values: (n,) activations.
        names: of all n units.
        order: unit numbers, as the bars stand from left to right.
        selected: a unit; -1 for none.
        span: the values at both ends of the axis, so that charts beside each other have one scale; if not given,
            they fit these values.
        theme: of the page.
    """
    room = 0.0 if span is None else 0.04 * (span[1] - span[0])
    axis = {} if span is None else {"range": [span[0] - room, span[1] + room]}
    shown = list(order)[:MAX_BARS]
    bars = go.Bar(
        x=np.arange(len(shown)),
        y=np.asarray(values, np.float64)[shown],
        marker={
            "color": [theme.accent if unit == selected else theme.quiet for unit in shown],
            "line": {"width": 0},
        },
        customdata=[chart_text(names[unit], None) for unit in shown],
        hovertemplate="%{customdata}<br>activation %{y:.4~g}<extra></extra>",
    )
    return figure(
        [bars],
        theme,
        height=320,
        x={"title": {"text": "unit"}, **_WITHOUT_TICK_LABELS},
        y={"title": {"text": "activation"}, **axis},
        bargap=0.1 if len(shown) < 200 else 0,
    )


def norm_bars(
    norms: Values,
    dead: Sequence[int],
    selected: int | None,
    *,
    highest: float | None = None,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """The norm of every filter, dead ones in the color of warnings and the selected one in the accent.

    Args:
        norms: (n,) L2 norms.
        dead: filters that are dead.
        selected: a filter, or None.
        highest: the norm at the upper end, so that charts beside each other have one scale; the largest of these
            if not given.
        theme: of the page.
    """
    state = ["live"] * len(norms)
    for index in dead:
        state[index] = "dead"
    if selected is not None:
        state[selected] = "selected"
    colors = {"live": theme.quiet, "dead": theme.warning, "selected": theme.accent}
    bars = go.Bar(
        x=np.arange(len(norms)),
        y=np.asarray(norms, np.float64),
        marker={"color": [colors[each] for each in state], "line": {"width": 0}},
        customdata=state,
        hovertemplate="filter %{x}, %{customdata}<br>L2 norm %{y:.4~g}<extra></extra>",
    )
    return figure(
        [bars],
        theme,
        height=200,
        x={"title": {"text": "filter"}, "range": [-0.6, len(norms) - 0.4]},
        y={"title": {"text": "L2 norm"}, "range": [0, 1.05 * (highest or norms.max() or 1)], "nticks": 4},
        bargap=0.1 if len(norms) < 200 else 0,
    )


def scree_bars(shares: Sequence[float], marked: Sequence[int], *, theme: ChartTheme = LIGHT) -> go.Figure:
    """The explained variance ratio of each principal component, those marked in the accent.

    Args:
        shares: explained variance ratios in [0, 1], the largest first.
        marked: indices into `shares`, from 0.
        theme: of the page.
    """
    bars = go.Bar(
        x=np.arange(1, len(shares) + 1),
        y=list(shares),
        marker={"color": [theme.accent if index in marked else theme.quiet for index in range(len(shares))]},
        hovertemplate="component %{x}<br>%{y:.1%} of all variance<extra></extra>",
    )
    return figure(
        [bars],
        theme,
        height=210,
        x={"title": {"text": "principal component"}, "dtick": 1 if len(shares) <= 20 else None},
        y={
            "title": {"text": "explained variance"},
            "tickformat": ".0%",
            "rangemode": "tozero",
            "nticks": 5,
        },
    )


def probability_bars(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    quantity: str = "probability (softmax)",
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """Classes with their probabilities, best first, each bar on the scale from 0 to 1; or with scores of any size.

    Args:
        labels: of the classes; equal ones keep a bar each.
        values: one a class; in [0, 1] where they are probabilities.
        quantity: what they are; it begins with "probability" where they are that.
        theme: of the page.
    """
    is_probability = quantity.startswith("probability")
    axis = _PROBABILITY_AXIS if is_probability else _score_axis(values)
    positions = np.arange(len(labels))
    bars = go.Bar(
        x=list(values),
        y=positions,
        orientation="h",
        marker={"color": theme.accent},
        width=0.62,
        text=[f"{value:.1%}" if is_probability else f"{value:.4g}" for value in values],
        textposition="outside",
        textfont={"color": theme.text, "size": theme.text_size},
        cliponaxis=False,
        customdata=[chart_text(label, None) for label in labels],
        hovertemplate=f"%{{customdata}}<br>{quantity} %{{x:{'.2%' if is_probability else '.4~g'}}}<extra></extra>",
    )
    return figure(
        [bars],
        theme,
        height=34 * max(len(labels), 1) + (46 if len(labels) > 2 else 62),
        x={"title": {"text": quantity}, "showgrid": True, **axis},
        y={
            "tickvals": positions,
            "ticktext": [chart_text(label) for label in labels],
            "tickfont": {"color": theme.text, "size": theme.text_size},
            "range": [len(labels) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    )


def _score_axis(values: Sequence[float]) -> dict[str, Any]:
    """From the lowest to the highest score and zero, with room for the numbers at the ends of the bars."""
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.2 * (high - low or 1.0)
    return {"range": [low - room if low < 0 else low, high + room], "nticks": 4}
