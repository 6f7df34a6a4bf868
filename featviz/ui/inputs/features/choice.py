"""The choice of where the vectors of images come from, for the pages that work on vectors."""

from __future__ import annotations

import streamlit as st

from featviz.models.model import Model
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.embedding import EMBEDDING, FEATURE_SOURCES, EmbeddingRequest, choose_layer_embedding
from featviz.ui.inputs.features.combining import choose_combination
from featviz.ui.inputs.features.describing import choose_descriptor
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["choose_embedding"]


def choose_embedding(model: Model, chosen: ChosenSet, *, first: str = "") -> EmbeddingRequest:
    """Draw the choice of a layer, of a descriptor, or of several that are combined.

    Args:
        model: the network.
        chosen: the image set.
        first: the layer to begin with; the one the classifier reads if not given.

    Raises:
        FeatvizError: a second network cannot be loaded.
    """
    if chosen.embeddings is not None:
        st.caption(
            "The vectors are those that came with the set; the network is not asked, and nothing is made by hand."
        )
        return EmbeddingRequest(model, chosen, "", "")
    source = choice(
        "Features",
        list(FEATURE_SOURCES),
        key=EMBEDDING["features"],
        name=FEATURE_SOURCES.__getitem__,
        help="**Network layer**: what a layer of the network makes of each image.\n\n**Hand-made**: descriptors from "
        "before networks learned theirs, such as HOG: what learning is held against.\n\n**Combined**: several layers, "
        "of one network or two, and hand-made features as one vector.",
    )
    if source == "hand_made":
        return choose_descriptor(model, chosen)
    if source == "combined":
        return choose_combination(model, chosen, first=first)
    return choose_layer_embedding(model, chosen, first=first)
