"""What the page Transfer shows: accuracy over the number of labels, and what fine-tuning changed."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from featviz.analysis.label_efficiency import Approach, LabelEfficiency, Point
from featviz.render.charts.bars import Values
from featviz.render.charts.curves import points_along
from featviz.render.charts.training_curves import label_curves
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.inputs.file_download import draw_file_download

__all__ = ["draw_transfer"]

_NAMES: dict[Approach, str] = {
    "frozen": "Frozen backbone",
    "fine_tuned": "Fine-tuned",
    "from_scratch": "From scratch",
}


def draw_transfer(result: LabelEfficiency) -> None:
    """Draw what is known so far."""
    if not result.points:
        st.caption("The curves grow here, one number of labels after the other.")
        return
    labels = sorted({point.labels for point in result.points})
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader("Accuracy over the number of labels", anchor=False)
        curves = {
            name: _curve(result, approach, labels)
            for approach, name in _NAMES.items()
            if any(point.approach == approach for point in result.points)
        }
        chart(
            label_curves(labels, curves, theme=chart_theme()),
            alt="Held-out accuracy over the number of labels of each class, for three approaches.",
            key="transfer.curve",
        )
        st.caption("Means over seeds, with 95 % intervals by Student's t; all on the same held-out images.")
        st.markdown(_verdict(result, labels[min(1, len(labels) - 1)]))
    with right:
        _draw_changes(result)
    draw_file_download(
        "Accuracies (CSV)", lambda: _table(result), ("transfer", result.model, result.images), "csv"
    )


def _draw_changes(result: LabelEfficiency) -> None:
    st.subheader("What fine-tuning changed", anchor=False)
    if not result.changes:
        st.caption("Known once fine-tuning with the most labels is done.")
        return
    names, values = zip(*result.changes, strict=True)
    chart(
        points_along(
            names, np.array(values), x_title="Layer", y_title="CKA before and after", theme=chart_theme()
        ),
        alt="Similarity of each layer before and after fine-tuning.",
        key="transfer.changes",
    )
    st.caption(
        "Debiased linear CKA of each part of the network before and after fine-tuning with the most labels: 1 where "
        "nothing changed. The head was drawn anew, and is compared with itself before it learned."
    )


def _curve(result: LabelEfficiency, approach: Approach, labels: list[int]) -> tuple[Values, Values, Values]:
    points = [result.point(approach, count) for count in labels]
    means = np.array([math.nan if point is None else point.mean for point in points])
    ends = np.array([(math.nan, math.nan) if point is None else point.interval for point in points])
    return means, ends[:, 0], ends[:, 1]


def _verdict(result: LabelEfficiency, count: int) -> str:
    """Whether transfer helps at this number of labels: only where the intervals do not overlap."""
    scratch = result.point("from_scratch", count)
    best = max(
        (point for point in (result.point("frozen", count), result.point("fine_tuned", count)) if point),
        key=lambda point: point.mean,
        default=None,
    )
    if scratch is None or best is None:
        return ""
    ours = f"{_NAMES[best.approach].lower()} {_told(best)}"
    said = f"With {count} labels a class: {ours}, from scratch {_told(scratch)}. "
    if best.interval[0] > scratch.interval[1]:
        return said + "**What the network learned before helps.**"
    if best.interval[1] < scratch.interval[0]:
        return said + "**What it learned before is in the way**: these images ask for other features."
    return said + "The intervals overlap: these seeds do not tell which is better."


def _told(point: Point) -> str:
    low, high = point.interval
    return f"{point.mean:.1%} ({low:.1%} to {high:.1%})"


def _table(result: LabelEfficiency) -> bytes:
    lines = ["approach,labels,seed,accuracy"]
    for point in result.points:
        lines += [
            f"{point.approach},{point.labels},{seed},{value:.5f}"
            for seed, value in enumerate(point.accuracies)
        ]
    return "\n".join(lines).encode()
