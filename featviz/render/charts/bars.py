"""Small charts as Vega-Lite specifications: bars of units, of norms, of probabilities.

Plain dictionaries: a library that builds and checks them would take longer than the network's pass.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_BARS", "Chart", "norm_bars", "probability_bars", "scree_bars", "unit_bars"]

Values = NDArray[np.floating[Any]]
Chart = dict[str, Any]
MOST_BARS = 1024
_QUIET = "#8aa4ad"


def unit_bars(
    values: Values, names: Sequence[str], order: Sequence[int], *, selected: int, colour: str
) -> Chart:
    """One bar a unit, in the order given, the selected one in colour; the first 1,024 where there are more."""
    shown = list(order)[:MOST_BARS]
    rows = [
        {"place": place, "unit": names[index], "activation": float(values[index]), "on": index == selected}
        for place, index in enumerate(shown)
    ]
    return _chart(
        rows,
        height=320,
        mark={"type": "bar", "width": {"band": 0.9 if len(shown) < 200 else 1}},
        encoding={
            "x": {"field": "place", "type": "ordinal", "axis": _unlabelled("units")},
            "y": _quantity("activation", "activation"),
            "color": {"condition": {"test": "datum.on", "value": colour}, "value": _QUIET},
            "tooltip": [{"field": "unit"}, _shown("activation")],
        },
    )


def norm_bars(norms: Values, marked: Sequence[int], selected: int | None, *, colour: str) -> Chart:
    """The norm of every filter, dead ones in orange and the selected one in `colour`."""
    state = ["live"] * len(norms)
    for index in marked:
        state[index] = "dead"
    if selected is not None:
        state[selected] = "selected"
    rows = [{"filter": index, "norm": float(norm), "state": state[index]} for index, norm in enumerate(norms)]
    fills = {"live": _QUIET, "dead": "#d55e00", "selected": colour}
    return _chart(
        rows,
        height=200,
        mark={"type": "bar"},
        encoding={
            "x": {"field": "filter", "type": "ordinal", "axis": _unlabelled("filters")},
            "y": _quantity("norm", "norm"),
            "color": {
                "field": "state",
                "type": "nominal",
                "scale": {"domain": list(fills), "range": list(fills.values())},
                "legend": None,
            },
            "tooltip": [{"field": "filter"}, _shown("norm"), {"field": "state"}],
        },
    )


def scree_bars(shares: Sequence[float], marked: Sequence[int], *, colour: str) -> Chart:
    """The part of all variation that each component holds, in [0, 1], those marked in colour."""
    rows = [
        {"component": place + 1, "share": float(share), "on": place in marked}
        for place, share in enumerate(shares)
    ]
    return _chart(
        rows,
        height=180,
        mark={"type": "bar"},
        encoding={
            "x": {"field": "component", "type": "ordinal", "axis": {"title": "component", "labelAngle": 0}},
            "y": {**_quantity("share", "of all variation"), "axis": {"format": "%"}},
            "color": {"condition": {"test": "datum.on", "value": colour}, "value": _QUIET},
            "tooltip": [{"field": "component"}, {**_shown("share"), "format": ".1%"}],
        },
    )


def probability_bars(
    labels: Sequence[str], probabilities: Sequence[float], *, colour: str, ink: str
) -> Chart:
    """Class names with their probabilities in `ink`, best first, each bar on the scale from 0 to 1."""
    rows = [
        {"label": label, "probability": probability, "text": f"{probability:.1%}", "rank": rank}
        for rank, (label, probability) in enumerate(zip(labels, probabilities, strict=True))
    ]
    axis = {"labelLimit": 220, "ticks": False, "domain": False}
    across = {**_quantity("probability", None), "scale": {"domain": [0, 1.12]}, "axis": None}
    return {
        "data": {"values": rows},
        "height": 34 * max(len(rows), 1),
        "encoding": {
            "y": {
                "field": "label",
                "type": "nominal",
                "sort": {"field": "rank"},
                "title": None,
                "axis": axis,
            },
            "x": across,
            "tooltip": [{"field": "label"}, {**_shown("probability"), "format": ".2%"}],
        },
        "layer": [
            {"mark": {"type": "bar", "color": colour, "height": {"band": 0.62}}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": ink},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }


def _chart(rows: list[dict[str, Any]], *, height: int, **parts: Mapping[str, Any]) -> Chart:
    return {"data": {"values": rows}, "height": height, **parts}


def _unlabelled(title: str) -> dict[str, Any]:
    return {"title": title, "labels": False, "ticks": False, "domain": False}


def _quantity(field: str, title: str | None) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title}


def _shown(field: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "format": ".4~g"}
