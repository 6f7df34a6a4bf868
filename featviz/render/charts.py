"""Small charts: histograms, bars of units, bars of probabilities. Colours follow the page's theme."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["histogram", "norm_bars", "probability_bars", "unit_bars"]

Values = NDArray[np.floating[Any]]
_MOST_BARS = 1024


def histogram(values: Values, *, bins: int = 40, title: str = "value") -> alt.Chart:
    """How often each value occurs: bars over `bins` equal steps between the smallest and the largest."""
    counts, edges = np.histogram(np.asarray(values, np.float64).ravel(), bins=bins)
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("low:Q", bin="binned", title=title),
            x2="high:Q",
            y=alt.Y("count:Q", title="positions"),
            tooltip=[
                alt.Tooltip("low:Q", format=".3g", title="from"),
                alt.Tooltip("high:Q", format=".3g", title="to"),
                alt.Tooltip("count:Q", title="positions"),
            ],
        )
        .properties(height=180)
    )
    return chart


def unit_bars(values: Values, names: Sequence[str], order: Sequence[int]) -> alt.Chart:
    """One bar a unit, in the order given; the first 1,024 where there are more."""
    shown = list(order)[:_MOST_BARS]
    table = pd.DataFrame(
        {
            "place": range(len(shown)),
            "unit": [names[index] for index in shown],
            "value": [float(values[index]) for index in shown],
        }
    )
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar(width={"band": 0.9} if len(shown) < 200 else {"band": 1})
        .encode(
            x=alt.X("place:O", axis=None),
            y=alt.Y("value:Q", title="activation"),
            tooltip=["unit:N", alt.Tooltip("value:Q", format=".4g")],
        )
        .properties(height=320)
    )
    return chart


def norm_bars(norms: Values, marked: Sequence[int], selected: int | None) -> alt.Chart:
    """The norm of every filter, dead ones and the selected one marked."""
    state = np.full(len(norms), "live", dtype=object)
    state[list(marked)] = "dead"
    if selected is not None:
        state[selected] = "selected"
    table = pd.DataFrame({"filter": range(len(norms)), "norm": norms.astype(float), "state": state})
    colours = alt.Scale(domain=["live", "dead", "selected"], range=["#8aa4ad", "#d55e00", "#0f7f8c"])
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("filter:O", axis=None),
            y=alt.Y("norm:Q", title="norm"),
            color=alt.Color("state:N", scale=colours, legend=alt.Legend(title=None, orient="top")),
            tooltip=["filter:O", alt.Tooltip("norm:Q", format=".4g"), "state:N"],
        )
        .properties(height=200)
    )
    return chart


def probability_bars(
    labels: Sequence[str], probabilities: Sequence[float], colour: str
) -> alt.LayerChart | alt.FacetChart:
    """Class names with their probabilities, best first, each bar on the scale from 0 to 1."""
    table = pd.DataFrame(
        {
            "label": labels,
            "probability": probabilities,
            "text": [f"{probability:.1%}" for probability in probabilities],
            "rank": range(len(labels)),
        }
    )
    base = alt.Chart(table).encode(
        y=alt.Y(
            "label:N", sort=alt.SortField("rank"), title=None, axis=alt.Axis(labelLimit=220, ticks=False)
        ),
        x=alt.X("probability:Q", scale=alt.Scale(domain=[0, 1.12]), axis=None),
        tooltip=["label:N", alt.Tooltip("probability:Q", format=".2%")],
    )
    bars = base.mark_bar(color=colour, height={"band": 0.62})
    words = base.mark_text(align="left", dx=4).encode(text="text:N")
    chart: alt.LayerChart | alt.FacetChart = alt.layer(bars, words).properties(
        height=34 * max(len(labels), 1)
    )
    return chart
