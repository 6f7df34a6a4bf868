"""Charts of a run of training: its curves, and the gradient of each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from featviz.render.charts.bars import Values
from featviz.render.charts.template import chart_text, figure, vertical_line
from featviz.render.charts.theme import LIGHT, ChartTheme

__all__ = ["epoch_curves", "gradient_bars", "loss_curves"]

_MOST_POINTS = 600
_HEIGHT = 260


def loss_curves(
    steps: Values, losses: Values, epochs: Values, held_out: Values, *, theme: ChartTheme = LIGHT
) -> go.Figure:
    """The loss of each step, of which neighbors are averaged where there are many, and that of held-out images.

    Args:
        steps: (n,) epochs that lie behind each step, fractions.
        losses: (n,) of its batch.
        epochs: (m,) numbers of epochs.
        held_out: (m,) loss of held-out images after each.
        theme: of the page.
    """
    x, y = _thinned(steps), _thinned(losses)
    lines = [
        _line("Training, by step", x, y, theme.series[0], "lines"),
        _line("Held out, by epoch", epochs, held_out, theme.series[1], "lines+markers"),
    ]
    return figure(
        lines,
        theme,
        height=_HEIGHT,
        x={"title": {"text": "Epoch"}, "rangemode": "tozero"},
        y={"title": {"text": "Loss"}, "rangemode": "tozero"},
        showlegend=True,
    )


def epoch_curves(
    epochs: Values,
    curves: Mapping[str, Values],
    *,
    y_title: str,
    mark: float | None = None,
    share: bool = False,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """One value an epoch, several lines.

    Args:
        epochs: (n,) their numbers.
        curves: (n,) values by name; not a number where there is none.
        y_title: what the values are, with their unit.
        mark: the epoch that is looked at.
        share: whether the values lie between 0 and 1 and are written as percentages.
        theme: of the page.
    """
    lines = [
        _line(name, epochs, values, color, "lines+markers", share=share)
        for (name, values), color in zip(curves.items(), theme.series, strict=False)
    ]
    y = {
        "title": {"text": chart_text(y_title, None)},
        **({"tickformat": ".0%", "range": [0, 1.03]} if share else {}),
    }
    return figure(
        lines,
        theme,
        height=_HEIGHT,
        x={"title": {"text": "Epoch"}, "rangemode": "tozero"},
        y=y,
        showlegend=len(lines) > 1,
        shapes=[] if mark is None else [vertical_line(mark, theme.text, 1.4)],
    )


def gradient_bars(layers: Sequence[str], norms: Values, *, theme: ChartTheme = LIGHT) -> go.Figure:
    """The gradient norm of each layer relative to that of its weights, on a logarithmic axis, first layer on top.

    Args:
        layers: their names, in order.
        norms: (n,) gradient norm over weight norm; those of 0 have no bar.
        theme: of the page.
    """
    values = np.asarray(norms, np.float64)
    bars = go.Bar(
        x=np.where(values > 0, values, np.nan),
        y=list(range(len(layers))),
        orientation="h",
        marker={"color": theme.accent},
        customdata=[chart_text(name, None) for name in layers],
        hovertemplate="%{customdata}<br>gradient / weights %{x:.2e}<extra></extra>",
    )
    names = [chart_text(name) for name in layers]
    return figure(
        [bars],
        theme,
        height=max(_HEIGHT, 22 * len(layers) + 60),
        x={"title": {"text": "Gradient norm / weight norm"}, "type": "log", "dtick": 1},
        y={
            "tickvals": list(range(len(layers))),
            "ticktext": names,
            "autorange": "reversed",
            "showgrid": False,
        },
    )


def _line(name: str, x: Values, y: Values, color: str, mode: str, *, share: bool = False) -> go.Scatter:
    shown = "%{y:.1%}" if share else "%{y:.3g}"
    return go.Scatter(
        x=np.asarray(x, np.float64),
        y=np.asarray(y, np.float64),
        name=chart_text(name, 60),
        mode=mode,
        line={"color": color, "width": 2},
        marker={"size": 6},
        hovertemplate=f"{chart_text(name, 60)}<br>epoch %{{x:.2f}}: {shown}<extra></extra>",
    )


def _thinned(values: Values) -> NDArray[np.float64]:
    """Means over runs of equal length, so that at most 600 points are left."""
    array = np.asarray(values, np.float64)
    width = -(-len(array) // _MOST_POINTS) if len(array) else 1
    whole = len(array) // width * width
    means: NDArray[np.float64] = array[:whole].reshape(-1, width).mean(1)
    return means


def label_curves(
    labels: Sequence[int],
    curves: Mapping[str, tuple[Values, Values, Values]],
    *,
    theme: ChartTheme = LIGHT,
) -> go.Figure:
    """Accuracy over the number of labels, on a logarithmic axis, with intervals.

    Args:
        labels: (n,) images of each class that were learned from.
        curves: by name the accuracies (n,) and both ends of their intervals (n,); not a number where unknown.
        theme: of the page.
    """
    lines = []
    for (name, (values, low, high)), color in zip(curves.items(), theme.series, strict=False):
        middle = np.asarray(values, np.float64)
        lines.append(
            go.Scatter(
                x=list(labels),
                y=middle,
                name=chart_text(name, 60),
                mode="lines+markers",
                line={"color": color, "width": 2},
                marker={"size": 7},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": np.asarray(high) - middle,
                    "arrayminus": middle - np.asarray(low),
                    "color": color,
                    "thickness": 1.4,
                    "width": 4,
                },
                hovertemplate=f"{chart_text(name, 60)}<br>%{{x}} labels a class: %{{y:.1%}}<extra></extra>",
            )
        )
    ticks = list(labels)
    return figure(
        lines,
        theme,
        height=340,
        x={"title": {"text": "Labels of each class"}, "type": "log", "tickvals": ticks, "ticktext": ticks},
        y={"title": {"text": "Held-out accuracy"}, "tickformat": ".0%", "range": [0, 1.05]},
        showlegend=True,
    )
