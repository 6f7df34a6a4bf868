"""Report cards on the screen: every measure through the depth, and one layer with all that is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from featviz.registry import Method
from featviz.render.charts.depth_curves import DepthCurve, Reference, depth_curves
from featviz.render.normalization import format_number
from featviz.representation.quality import MEASURES, Measurement, ReportCard
from featviz.representation.quality.features import MAX_MEASURED
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.pages.feature_quality.controls import HAND_MADE
from featviz.ui.pages.feature_quality.tasks import Cards
from featviz.ui.pages.feature_quality.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.theme import scaled

__all__ = ["draw_card", "draw_depth", "figure"]

_COLUMNS = 3
_ARROWS = {"higher": "↑", "lower": "↓", "neither": ""}
_BASELINE = {False: "Dashed", True: "Open circles"}
_OWN_UNIT = " Each layer has a unit of its own: compare a value with its baseline, not with other layers."
_GOOD = {
    "higher": "Higher is better.",
    "lower": "Lower is better.",
    "neither": "No direction is good in itself.",
}


def draw_depth(cards: Mapping[str, Cards]) -> None:
    """Draw a small chart for every measure, all networks in it.

    Args:
        cards: by the network's name, then by layer.
    """
    if not any(name != HAND_MADE for name in cards):
        st.caption("The charts grow here, layer by layer, once the images are embedded.")
        return
    st.subheader("Through the depth", anchor=False)
    _draw_legend([name for name in cards if name != HAND_MADE], chart_theme().series, HAND_MADE in cards)
    methods = [method for method in MEASURES if _is_read(method, cards)]
    for begin in range(0, len(methods), _COLUMNS):
        for column, method in zip(
            st.columns(_COLUMNS, gap="medium"), methods[begin : begin + _COLUMNS], strict=False
        ):
            with column:
                _draw_measure(method, cards)


def draw_card(cards: Mapping[str, Cards]) -> None:
    """Draw the choice of one layer, and all that the measures say of it."""
    st.subheader("Report card of one layer", anchor=False)
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        names = list(cards)
        name = names[0]
        if len(names) > 1:
            name = segments("Network", names, key=VIEW["graded_network"], default=names[0])
        layers = list(cards[name])
        layer = choice("Layer", layers, key=VIEW["graded_layer"], default=layers[-1], width=scaled(320))
    card = cards[name][layer]
    st.caption(_of(card))
    with st.container(border=True, gap="medium", key="report_card"):
        for measure, measurement in card.measurements.items():
            _draw_line(MEASURES[measure], measurement)


def figure(value: float | None, measurement: Measurement) -> str:
    """A number of a reading as it is shown; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.1%}" if measurement.share else format_number(value)


def _draw_measure(method: Method, cards: Mapping[str, Cards]) -> None:
    networks = {name: each for name, each in cards.items() if name != HAND_MADE}
    measurements = [
        card[method.id]
        for each in networks.values()
        for card in each.values()
        if method.id in card.measurements
    ]
    said = [each for each in measurements if each.value is not None]
    good = _GOOD[said[0].better] + _OWN_UNIT * said[0].own_unit if said else ""
    st.markdown(
        f"**{_title(method, said[0] if said else None)}**",
        help=f"{method.summary} {good}\n\n{method.reference}.",
    )
    if said:
        curves = [_curve(name, method.id, each) for name, each in networks.items()]
        references = [] if said[0].own_unit else _references(method.id, cards.get(HAND_MADE, {}))
        st.caption(f"{_BASELINE[said[0].own_unit]}: {said[0].baseline_name}")
        joined = not said[0].own_unit
        drawn = depth_curves(
            curves,
            references=references,
            share=said[0].share,
            y_title=method.name,
            joined=joined,
            theme=chart_theme(),
        )
        chart(drawn, alt=f"{method.name} of {_of_all(networks)} at each layer.", key=f"depth.{method.id}")


def _references(measure: str, cards: Cards) -> list[Reference]:
    """The values of hand-made features, which stand at no depth."""
    measurements = {name: card.measurements.get(measure, _NOTHING) for name, card in cards.items()}
    return [
        Reference(name, each.value, each.interval)
        for name, each in measurements.items()
        if each.value is not None
    ]


def _is_read(method: Method, cards: Mapping[str, Cards]) -> bool:
    """Whether there is a value to draw; why there is none the card of each layer says."""
    return any(
        method.id in card.measurements and card[method.id].value is not None
        for name, each in cards.items()
        for card in each.values()
        if name != HAND_MADE
    )


def _curve(name: str, measure: str, cards: Cards) -> DepthCurve:
    measurements = [card.measurements.get(measure, _NOTHING) for card in cards.values()]
    return DepthCurve(
        name,
        list(cards),
        [each.value for each in measurements],
        [each.baseline for each in measurements],
        [each.interval for each in measurements],
    )


def _of_all(cards: Mapping[str, Cards]) -> str:
    return " and ".join(cards)


def _draw_legend(names: Sequence[str], colors: Sequence[str], hand_made: bool) -> None:
    entries = [
        f'<span style="white-space:nowrap"><span style="color:{color}">●</span> {escape(name)}</span>'
        for name, color in zip(names, colors, strict=False)
    ]
    notes = ["dashed: baseline, shaded: 95% interval", *["dotted: hand-made features"] * hand_made]
    entries += [f'<span style="white-space:nowrap;opacity:0.6">{each}</span>' for each in notes]
    st.html(f'<div style="font-size:0.875rem">{"&emsp;".join(entries)}</div>')


def _title(method: Method, measurement: Measurement | None) -> str:
    return f"{method.name} {_ARROWS[measurement.better] if measurement else ''}".strip()


def _draw_line(method: Method, measurement: Measurement) -> None:
    """One line of a card, which a narrow screen stacks: the measure, its numbers, what they say."""
    name, values, words = st.columns([2, 2, 5], gap="xsmall")
    name.markdown(f"**{_title(method, measurement)}**")
    values.markdown(_values(measurement))
    words.markdown(escape_markdown(measurement.sentence))
    if measurement.value is not None and method.id == "feature_stability":
        words.caption(_by_corruption(measurement))


def _by_corruption(measurement: Measurement) -> str:
    """The cosine similarities of each corruption, by severity."""
    similarities: dict[str, list[str]] = {}
    for kind, values in measurement.details.items():
        similarities.setdefault(kind.rpartition(" ")[0], []).append(f"{values.item():.2f}")
    each = [f"{name} {', '.join(values)}" for name, values in similarities.items()]
    return f"By severity: {'; '.join(each)}."


def _values(measurement: Measurement) -> str:
    """The value, its interval and its baseline, as Markdown of two lines."""
    here = f"**{figure(measurement.value, measurement)}**"
    if measurement.interval is not None:
        low, high = (figure(each, measurement) for each in measurement.interval)
        here += f" ({low} to {high})"
    if measurement.baseline is None:
        return here
    return (
        f"{here}  \n:gray[:small[{figure(measurement.baseline, measurement)}: {measurement.baseline_name}]]"
    )


def _of(card: ReportCard) -> str:
    classes = f" of {card.classes:,} classes" if card.classes else " without labels"
    pooled = f", pooled by {card.pool.replace('_', ' ')}" if card.pool else ""
    sample = (
        f" Most measures take a sample of {MAX_MEASURED:,}, drawn by chance (seed {card.seed})."
        if card.count > MAX_MEASURED
        else ""
    )
    things = "images" if card.pool or card.model == "hand-made" else "vectors"
    return f"{card.count:,} {things}{classes}, {card.dimensions:,} units{escape_markdown(pooled)}.{sample}"


_NOTHING = Measurement(None, "")
