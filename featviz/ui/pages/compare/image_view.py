"""The view of one image: what both networks answer, what matched layers make of it, and which pixels they read."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from featviz.render.charts.bars import probability_bars
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.gallery.gallery import image_gallery
from featviz.ui.inputs.images.ids import id_of
from featviz.ui.inputs.page_links import draw_image_links
from featviz.ui.pages.compare.image_maps import draw_attributions, draw_layer_maps
from featviz.ui.pages.compare.outputs import PairOutputs, outputs_task
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.tasks import POLICY
from featviz.ui.pages.compare.view_state import VIEW
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import live
from featviz.ui.state.tasks import cached_result

__all__ = ["draw_image_view", "shown_row"]

_SHOWN, _TOP = 12, 5


def draw_image_view(request: ComparisonRequest) -> None:
    """Draw both networks on one image; which one is chosen among those they answer most differently."""
    task = outputs_task(request)
    live(task, partial(_draw_choice, request), policy=POLICY, chosen=lambda: VIEW["compared_image"].text)
    found = cached_result(task)
    if not isinstance(found, PairOutputs):
        return
    position = shown_row(found)
    sample = request.images[int(found.rows[position])]
    image = ChosenImage(f"{request.chosen.content}#{found.rows[position]}", sample.image, sample.label)
    left, right = st.columns([1, 4], gap="medium", vertical_alignment="center")
    with left:
        st.image(sample.image, width=170, output_format="PNG", caption=found.labels[position] or sample.id)
    with right:
        draw_image_links(id_of(sample, image.id))
        st.caption(
            f"The Jensen-Shannon divergence of both answers is {found.outputs.divergence[position]:.2f} bits "
            f"(mean over all images {found.outputs.divergence.mean():.2f}; 0 is the same answer, 1 is apart)."
        )
    _draw_answers(request, found, position)
    draw_layer_maps(request, image)
    draw_attributions(request, image)


def shown_row(found: PairOutputs) -> int:
    """The position of the image that is looked at: the one chosen, or else the one answered most differently."""
    text = VIEW["compared_image"].text
    known = text.isdecimal() and len(text) < 10
    rows = np.flatnonzero(found.rows == int(text)).tolist() if known else []
    return int(rows[0]) if rows else int(found.outputs.divergence.argmax())


def _draw_choice(request: ComparisonRequest, found: PairOutputs) -> None:
    st.subheader("Images that both answer most differently", anchor=False)
    order = np.argsort(-found.outputs.divergence, kind="stable")[:_SHOWN]
    image_gallery(
        [
            found.tile(request, position, f"{found.outputs.divergence[position]:.2f} bits")
            for position in order
        ],
        key="pair.divergent",
        on_pick=partial(_keep, found),
        selected=shown_row(found),
        size=70,
    )


def _keep(found: PairOutputs, position: int) -> None:
    VIEW["compared_image"].keep(str(int(found.rows[position])))


def _draw_answers(request: ComparisonRequest, found: PairOutputs, position: int) -> None:
    st.subheader("Predictions", anchor=False)
    sides = zip(
        st.columns(2, gap="medium"), "ab", request.names, (found.outputs.a, found.outputs.b), strict=True
    )
    for column, side, name, probabilities in sides:
        top = np.argsort(-probabilities[position], kind="stable")[:_TOP]
        labels = [found.classes[index] for index in top]
        shares = [float(probabilities[position, index]) for index in top]
        with column:
            st.markdown(f"**{escape_markdown(name)}**")
            told = ", ".join(f"{label} {share:.1%}" for label, share in zip(labels, shares, strict=True))
            chart(probability_bars(labels, shares, theme=chart_theme()), alt=told, key=f"pair.answer.{side}")
