"""Curves as Vega-Lite specifications: a quantity along a walk, beside those it is compared with."""

from collections.abc import Mapping, Sequence

from featviz.render.charts.bars import Chart, Values

__all__ = ["compared_curves", "points_along"]

_QUIET = ("#8aa4ad", "#c28f5c", "#9a86b8")


def compared_curves(
    x: Values,
    curves: Mapping[str, Values],
    *,
    x_title: str,
    y_title: str,
    colour: str,
    mark: float | None = None,
) -> Chart:
    """One curve in colour, the others quiet and dashed, and a vertical line where `mark` is.

    Args:
        x: (n,) places, shared by all curves.
        curves: (n,) values by name, that which matters first.
        x_title: what the places are.
        y_title: what the values are.
        colour: of the first curve.
        mark: a place to mark.
    """
    names = list(curves)
    rows = [
        {"x": float(place), "y": float(value), "curve": name}
        for name, values in curves.items()
        for place, value in zip(x, values, strict=True)
    ]
    scale = {"domain": names, "range": [colour, *_QUIET][: len(names)]}
    dashes = {"domain": names, "range": [[1, 0], *[[5, 3]] * (len(names) - 1)]}
    legend = {"title": None, "orient": "top"}
    lines: Chart = {
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 2, "interpolate": "monotone"},
        "encoding": {
            "x": _axis("x", x_title),
            "y": _axis("y", y_title),
            "color": {"field": "curve", "type": "nominal", "scale": scale, "legend": legend},
            "strokeDash": {"field": "curve", "type": "nominal", "scale": dashes, "legend": legend},
            "tooltip": [{"field": "curve"}, {"field": "x", "format": ".2f"}, {"field": "y", "format": ".3g"}],
        },
    }
    marks: list[Chart] = [lines]
    if mark is not None:
        rule = {"type": "rule", "color": colour, "strokeDash": [2, 2]}
        encoding = {"x": {"field": "x", "type": "quantitative"}}
        marks.append({"data": {"values": [{"x": mark}]}, "mark": rule, "encoding": encoding})
    return {"height": 240, "layer": marks}


def points_along(names: Sequence[str], values: Values, *, x_title: str, y_title: str, colour: str) -> Chart:
    """A line through one value a stage, stages in the order given."""
    rows = [
        {"place": f"{place + 1}", "stage": name, "y": float(value)}
        for place, (name, value) in enumerate(zip(names, values, strict=True))
    ]
    return {
        "height": 200,
        "data": {"values": rows},
        "mark": {"type": "line", "point": {"filled": True, "size": 50}, "color": colour},
        "encoding": {
            "x": {
                "field": "stage",
                "type": "ordinal",
                "sort": None,
                "title": x_title,
                "axis": {"labelAngle": 0},
            },
            "y": _axis("y", y_title),
            "tooltip": [{"field": "stage"}, {"field": "y", "format": ".3g"}],
        },
    }


def _axis(field: str, title: str) -> Chart:
    return {"field": field, "type": "quantitative", "title": title, "axis": {"tickCount": 5, "grid": True}}
