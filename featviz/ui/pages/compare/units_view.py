"""Pairs of units of two layers that go together over the images, with the images that activate each most."""

from __future__ import annotations

from functools import partial

import streamlit as st

from featviz.ui.components.gallery.gallery import image_gallery
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.evidence import PairEvidence, keep_image, tile
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_units"]

_SHOWN, _IMAGES = 6, 6


def draw_units(request: ComparisonRequest, pair: PairOfLayers, evidence: PairEvidence) -> None:
    """Draw the most correlated pairs of units; nothing where no unit varies."""
    units = evidence.found.units
    if not len(units.correlations):
        return
    st.subheader("Units that go together", anchor=False)
    st.caption(
        "Each unit has one partner: the pairs with the largest sum of correlations over the images. The best of all "
        f"partners of a unit reaches {units.chance:.2f} in 95 of 100 random pairings of the images."
    )
    heads = zip(
        st.columns([1, 4, 4], gap="small")[1:], (pair.layer_a, pair.layer_b), request.names, strict=True
    )
    for column, layer, network in heads:
        column.markdown(f"**{escape_markdown(layer)}**  \n:small[:gray[{escape_markdown(network)}]]")
    for number in range(min(_SHOWN, len(units.correlations))):
        _draw_pair(request, evidence, number)


def _draw_pair(request: ComparisonRequest, evidence: PairEvidence, number: int) -> None:
    units = evidence.found.units
    correlation = float(units.correlations[number])
    value, left, right = st.columns([1, 4, 4], gap="small", vertical_alignment="center")
    could = "" if correlation > units.chance else "  \n:small[could be chance]"
    names = f":small[:gray[units {units.units_a[number]} and {units.units_b[number]}]]"
    value.markdown(f"**r = {correlation:.2f}**  \n{names}{could}")
    for column, side, top in ((left, "a", units.top_a), (right, "b", units.top_b)):
        with column:
            image_gallery(
                [tile(evidence, request.chosen, position, "") for position in top[number][:_IMAGES]],
                key=f"pair.unit.{side}.{number}",
                on_pick=partial(keep_image, evidence),
                size=56,
            )
