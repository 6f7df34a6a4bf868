"""What learning adds: how much better each layer tells the classes than the best of the hand-made features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from featviz.render.charts.depth_curves import DepthCurve, depth_curves
from featviz.representation.quality import MEASURES, Measurement
from featviz.statistics import difference_interval
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.pages.feature_quality.controls import HAND_MADE
from featviz.ui.pages.feature_quality.tasks import Cards
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_learning", "gain"]

_READ = ("linear_probe", "knn_accuracy")


def draw_learning(cards: Mapping[str, Cards]) -> None:
    """Draw each layer's score less that of the best descriptor; nothing where none was chosen or measured."""
    networks = {name: each for name, each in cards.items() if name != HAND_MADE}
    best = {measure: _best(cards.get(HAND_MADE, {}), measure) for measure in _READ}
    drawn = [measure for measure in _READ if best[measure] is not None]
    if not networks or not drawn:
        return
    st.subheader("What learning adds", anchor=False)
    for column, measure in zip(st.columns(len(_READ), gap="medium"), drawn, strict=False):
        with column:
            _draw(networks, measure, *(best[measure] or ("", _NOTHING)))
    st.caption(
        "Percentage points above the hand-made features, layer by layer; shaded: 95% interval. It is a cautious one: "
        "that both are scored on the same images would narrow it."
    )


def gain(measurement: Measurement, reference: Measurement) -> tuple[float, float, float] | None:
    """How many percentage points a share lies above another one, with the ends of its interval; None where unknown."""
    if measurement.value is None or reference.value is None:
        return None
    if measurement.interval is None or reference.interval is None:
        return None
    low, high = difference_interval(
        measurement.value, measurement.interval, reference.value, reference.interval
    )
    return 100 * (measurement.value - reference.value), 100 * low, 100 * high


def _draw(networks: Mapping[str, Cards], measure: str, name: str, reference: Measurement) -> None:
    title = MEASURES[measure].name
    st.markdown(f"**Above {escape_markdown(name)}: {title}**")
    curves = [
        _curve(network, list(each), [gain(card[measure], reference) for card in each.values()])
        for network, each in networks.items()
        if all(measure in card.measurements for card in each.values())
    ]
    if curves:
        figure = depth_curves(curves, share=False, y_title="percentage points", theme=chart_theme())
        chart(figure, alt=f"{title} of each layer less that of {name}.", key=f"learning.{measure}")
        st.caption(_words(curves[0], name))


def _curve(
    network: str, layers: Sequence[str], gains: Sequence[tuple[float, float, float] | None]
) -> DepthCurve:
    return DepthCurve(
        network,
        layers,
        [each and each[0] for each in gains],
        [0.0] * len(layers),
        [each and each[1:] for each in gains],
    )


def _words(curve: DepthCurve, name: str) -> str:
    """Which layers of the first network tell the classes better than the hand-made features do."""
    better = [
        layer
        for layer, interval in zip(curve.stages, curve.intervals, strict=True)
        if interval and interval[0] > 0
    ]
    network = escape_markdown(curve.name)
    if not better:
        return f"No layer of {network} is better than {escape_markdown(name)} beyond chance."
    if len(better) == len(curve.stages):
        return f"Every layer of {network} is better than {escape_markdown(name)} beyond chance."
    told = escape_markdown(", ".join(better))
    return f"Better than {escape_markdown(name)} beyond chance: {told} of {network}."


def _best(cards: Cards, measure: str) -> tuple[str, Measurement] | None:
    """The descriptor with the highest score."""
    scored = {name: card[measure] for name, card in cards.items() if measure in card.measurements}
    known = {name: each for name, each in scored.items() if each.value is not None}
    return max(known.items(), key=lambda pair: pair[1].value or 0.0) if known else None


_NOTHING = Measurement(None, "")
