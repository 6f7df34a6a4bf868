"""What the Compare models page asks: the second network, the measure, which layers, how many images."""

from __future__ import annotations

from typing import Any

import streamlit as st

from featviz.models.model import Model
from featviz.representation.extraction.pooling import POOLINGS
from featviz.representation.similarity import MEASURES
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.inputs.method import choose_options, options_of
from featviz.ui.inputs.second_network import choose_second
from featviz.ui.pages.compare.request import ComparisonRequest, layers_of, sample_of
from featviz.ui.pages.compare.view_state import COUNTS, DEPTHS, POOLED, VIEW, VIEWS
from featviz.ui.state.feedback import end_page
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["choose_comparison", "choose_view"]

_BIASED = "cka"
"""It stands beside the debiased one, and never alone."""

_NO_IMAGES = (
    "These vectors came without images. Two networks are compared on images that both of them see: choose a set of "
    "images in the sidebar, or upload the images together with the vectors."
)


def choose_comparison(model: Model, chosen: ChosenSet, view: str) -> ComparisonRequest:
    """Draw the choices of a comparison; the page ends where the set has no images.

    Args:
        model: the first network.
        chosen: the image set.
        view: one out of `VIEWS`; the measure and the layers are asked for that of layers.
    """
    if chosen.images is None:
        st.info(_NO_IMAGES, icon=":material/image_not_supported:")
        end_page()
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    second = choose_second(model, row.container(width=235))
    with row:
        measure = _choose_measure() if view == "layers" else VIEW["measure"].text
        depth = _choose_depth() if view == "layers" else VIEW["compared_layers"].text
        pool = _choose_pool() if view == "layers" else "mean"
        count = choice(
            "Images compared",
            COUNTS,
            key=VIEW["compared_count"],
            name=lambda count: f"at most {int(count):,}",
            width=130,
            help="Of a larger set, so many are drawn at random (seed 0). More images make every number more certain; "
            "time and memory grow with their square.",
        )
    layers = [layers_of(each, depth) for each in (model, second)]
    options = (
        _choose_options(model, measure) if view == "layers" else options_of(MEASURES[measure], model=model)
    )
    return ComparisonRequest(
        model, second, sample_of(chosen, int(count)), chosen, measure, layers[0], layers[1], options, pool
    )


def _choose_options(model: Model, measure: str) -> dict[str, Any]:
    if not MEASURES[measure].parameters:
        return {}
    with st.expander(f"Parameters of {MEASURES[measure].name}", icon=":material/tune:"):
        return choose_options(MEASURES[measure], model=model)


def _choose_measure() -> str:
    return choice(
        "Similarity measure",
        [each.id for each in MEASURES if each.id != _BIASED],
        key=VIEW["measure"],
        name=lambda measure: MEASURES[measure].name,
        width=205,
        help="\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in MEASURES),
    )


def _choose_depth() -> str:
    return segments(
        "Layers",
        list(DEPTHS),
        key=VIEW["compared_layers"],
        name=DEPTHS.__getitem__,
        help="Layers that multiply by weights, the ends of blocks, or every layer that changes what comes in.",
    )


def _choose_pool() -> str:
    return choice(
        "Pooling",
        POOLED,
        key=VIEW["compared_pool"],
        name=lambda pool: POOLINGS[pool].name,
        width=115,
        help="How a layer's output becomes one vector for each image. Flattened takes whole outputs: what lies "
        "elsewhere in the image is then something else, and it takes far more time and memory.",
    )


def choose_view() -> str:
    """Draw the choice of what is shown of two networks, and give one out of `VIEWS`."""
    return segments("Compare", list(VIEWS), key=VIEW["compare_by"], name=VIEWS.__getitem__)
