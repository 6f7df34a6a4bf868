"""Curves through the depth of networks: a quantity layer by layer, its interval and its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from featviz.render.charts.stages import depths, stage_axis
from featviz.render.charts.template import chart_text, figure
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["DepthCurve", "Reference", "depth_curves"]

_MAX_NAMES = 10
_STEPS, _NAMED, _LONGEST_NAME = 20, 4, 14


@dataclass(frozen=True)
class DepthCurve:
    """One network's curve.

    Attributes:
        name: of the network.
        stages: of its layers, in order of depth.
        values: one a layer; None where there is none.
        baselines: what each is held against; None likewise.
        intervals: low and high of each; None likewise.
    """

    name: str
    stages: Sequence[str]
    values: Sequence[float | None]
    baselines: Sequence[float | None]
    intervals: Sequence[tuple[float, float] | None]


@dataclass(frozen=True)
class Reference:
    """A value that the curves are held against, which has no depth.

    Attributes:
        name: of what it is of.
        value: its height.
        interval: low and high, or None.
    """

    name: str
    value: float
    interval: tuple[float, float] | None = None


def depth_curves(
    curves: Sequence[DepthCurve],
    *,
    references: Sequence[Reference] = (),
    share: bool,
    y_title: str,
    joined: bool = True,
    height: int = 260,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """A line for each network, its baseline dashed, its interval shaded; all run from the first layer to the last.

    Unjoined, a point for each layer, its baseline an open circle.

    Args:
        curves: at most four; the first one's layers name the axis.
        share: whether the values are parts of a whole, drawn from 0 to 100%.
        y_title: what the values are.
        references: dotted lines across all layers, each with its interval and its name.
        joined: whether lines join the layers; not where the values of each have a unit of their own.
        height: of the drawing, in pixels.
        theme: of the page.
    """
    colored = list(zip(curves, theme.series, strict=False))
    lines = [_reference(each, theme.muted, ".1%" if share else ".4~g") for each in references]
    traces = [
        *lines,
        *(_interval(curve, color) for curve, color in colored),
        *(_baseline(curve, color, joined=joined) for curve, color in colored),
        *(_line(curve, color, ".1%" if share else ".4~g", joined=joined) for curve, color in colored),
    ]
    down = {"tickformat": ".0%", "range": [-0.02, 1.04]} if share else {}
    return figure(
        traces,
        theme,
        height=height,
        x=stage_axis(curves[0].stages, max_names=_MAX_NAMES, title="layer"),
        y={"title": {"text": y_title}, "nticks": 5, **down},
        annotations=[_name(number, each, theme.muted) for number, each in enumerate(references)],
    )


def _reference(reference: Reference, color: str, form: str) -> go.Scatter:
    """A dotted line from the first layer to the last; its interval is told where it is pointed at."""
    low, high = reference.interval or (reference.value, reference.value)
    return go.Scatter(
        x=[step / _STEPS for step in range(_STEPS + 1)],
        y=[reference.value] * (_STEPS + 1),
        name=chart_text(reference.name, None),
        mode="lines",
        line={"color": color, "width": 1.6, "dash": "dot"},
        customdata=[[low, high]] * (_STEPS + 1),
        hovertemplate=f"%{{fullData.name}}, hand-made<br><b>%{{y:{form}}}</b><br>%{{customdata[0]:{form}}} to "
        f"%{{customdata[1]:{form}}}<extra></extra>",
    )


def _name(number: int, reference: Reference, color: str) -> dict[str, Any]:
    """The name on a reference's line; those of lines that lie close stand beside each other."""
    return {
        "x": (number % _NAMED + 0.5) / _NAMED,
        "y": reference.value,
        "text": chart_text(reference.name, _LONGEST_NAME),
        "showarrow": False,
        "yanchor": "bottom",
        "yshift": -2,
        "font": {"size": 11, "color": color},
    }


def _interval(curve: DepthCurve, color: str) -> go.Scatter:
    """The shaded interval: a closed outline around each run of layers that have one."""
    x: list[float | None] = []
    y: list[float | None] = []
    run: list[tuple[float, float, float]] = []
    for depth, bounds in zip([*depths(len(curve.stages)), 2.0], [*curve.intervals, None], strict=True):
        if bounds is not None:
            run.append((float(depth), *bounds))
        elif run:
            x += [*(at for at, _, _ in run), *(at for at, _, _ in reversed(run)), None]
            y += [*(low for _, low, _ in run), *(high for _, _, high in reversed(run)), None]
            run = []
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"width": 0, "color": color},
        fill="toself",
        fillcolor=_faint(color),
        hoverinfo="skip",
    )


def _baseline(curve: DepthCurve, color: str, *, joined: bool) -> go.Scatter:
    return go.Scatter(
        x=depths(len(curve.stages)),
        y=list(curve.baselines),
        mode="lines" if joined else "markers",
        line={"color": color, "width": 1.3, "dash": "dash"},
        marker={"size": 7, "symbol": "circle-open", "color": color},
        opacity=0.75,
        hoverinfo="skip",
    )


def _line(curve: DepthCurve, color: str, form: str, *, joined: bool) -> go.Scatter:
    return go.Scatter(
        x=depths(len(curve.stages)),
        y=list(curve.values),
        name=chart_text(curve.name, None),
        mode="lines+markers" if joined else "markers",
        line={"color": color, "width": 2},
        marker={"size": 6 if joined else 8, "color": color},
        customdata=[_told(curve, number) for number in range(len(curve.stages))],
        hovertemplate=f"%{{fullData.name}}<br>%{{customdata[0]}}<br><b>%{{y:{form}}}</b>"
        f"<br>baseline %{{customdata[1]:{form}}}<extra></extra>",
    )


def _told(curve: DepthCurve, number: int) -> list[Any]:
    return [chart_text(curve.stages[number], None), curve.baselines[number]]


def _faint(color: str) -> str:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return f"rgba({red}, {green}, {blue}, 0.18)"
