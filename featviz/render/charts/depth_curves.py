"""Curves through the depth of networks as Vega-Lite specifications: a quantity layer by layer, and its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from featviz.render.charts.bars import Chart

__all__ = ["DepthCurve", "depth_curves"]

_LONGEST_LABEL = 86


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


def depth_curves(
    curves: Sequence[DepthCurve], colours: Sequence[str], *, share: bool, height: int = 220
) -> Chart:
    """A line for each network, its baseline dashed, its interval shaded; all run from the first layer to the last.

    Args:
        curves: the first one's layers name the axis.
        colours: one a curve.
        share: whether the values are parts of a whole, drawn from 0 to 100 %.
        height: of the drawing, in pixels.
    """
    form = ".1%" if share else ".4~g"
    names = {"domain": [curve.name for curve in curves], "range": list(colours)}
    shared = {
        "x": _across(curves[0].stages),
        "color": {"field": "network", "type": "nominal", "scale": names, "legend": None},
    }
    told = [
        {"field": "network"},
        {"field": "layer"},
        *({"field": field, "format": form} for field in ("value", "baseline")),
    ]
    interval = {"y": _down("low", share), "y2": {"field": "high"}}
    line = {"type": "line", "strokeWidth": 2, "point": {"filled": True, "size": 42}}
    dashed = {"type": "line", "strokeDash": [4, 3], "strokeWidth": 1.3, "opacity": 0.75}
    return {
        "height": height,
        "data": {"values": [row for curve in curves for row in _rows(curve)]},
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "area", "opacity": 0.18},
                "encoding": {**shared, **interval},
            },
            {"mark": dashed, "encoding": {**shared, "y": _down("baseline", share)}},
            {"mark": line, "encoding": {**shared, "y": _down("value", share), "tooltip": told}},
        ],
    }


def _rows(curve: DepthCurve) -> list[dict[str, Any]]:
    count = len(curve.stages)
    return [
        {
            "network": curve.name,
            "layer": curve.stages[number],
            "place": _place(number, count),
            "value": curve.values[number],
            "baseline": curve.baselines[number],
            "low": low_high[0] if low_high else None,
            "high": low_high[1] if low_high else None,
        }
        for number, low_high in enumerate(curve.intervals)
    ]


def _place(number: int, count: int) -> float:
    return number / (count - 1) if count > 1 else 0.5


def _across(stages: Sequence[str]) -> Chart:
    """The axis of depth, on which the layers stand at equal distances."""
    places = [_place(number, len(stages)) for number in range(len(stages))]
    label = "".join(
        f"abs(datum.value - {place}) < 1e-6 ? {_quoted(name)} : "
        for place, name in zip(places, stages, strict=True)
    )
    return {
        "field": "place",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-0.02, 1.02], "nice": False},
        "axis": {
            "values": places,
            "labelExpr": f"{label}''",
            "labelAngle": -35,
            "labelAlign": "right",
            "labelLimit": _LONGEST_LABEL,
            "labelOverlap": "greedy",
            "grid": False,
        },
    }


def _down(field: str, share: bool) -> Chart:
    """The axis of values."""
    axis = {"format": ".0%" if share else ".3~g", "tickCount": 4}
    scale = {"scale": {"domain": [0, 1]}} if share else {}
    return {"field": field, "type": "quantitative", "title": None, "axis": axis, **scale}


def _quoted(name: str) -> str:
    """A text inside an expression of Vega."""
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
