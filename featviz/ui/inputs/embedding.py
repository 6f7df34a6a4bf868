"""The choice of what embeds an image set: a layer, and how its output becomes one vector."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.representation.extraction.feature_layer import available_poolings, default_pooling, feature_layer
from featviz.representation.extraction.pooling import POOLINGS
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.inputs.layer import described
from featviz.ui.inputs.method import METHODS_CHOSEN, choose_options
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.view_state import Choice, Text, ViewState

__all__ = ["EMBEDDING", "EmbeddingRequest", "choose_embedding", "embedding_request", "layer_of_first_map"]

EMBEDDING = ViewState(
    "embedding", embedding_layer=Text(), pool=Choice(POOLINGS), options=METHODS_CHOSEN["options"]
)
"""What embeds an image set, beside the network."""

"""A last layer that tells all classes apart draws a tight clump of each, and nothing of how they are told."""


@dataclass(frozen=True, eq=False)
class EmbeddingRequest:
    """Embeddings that are asked for.

    Attributes:
        model: the network.
        chosen: the image set.
        layer: its name, or "" where the embeddings were uploaded.
        pool: an id out of `POOLINGS`, or "" likewise.
        options: of the pooling.
    """

    model: Model
    chosen: ChosenSet
    layer: str
    pool: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """Everything they depend on."""
        options = tuple(sorted(self.options.items()))
        content = self.chosen.content
        if self.chosen.embeddings is not None:
            return ("brought", content)
        network = (self.model.fingerprint, self.model.classes, str(self.model.device))
        return ("embedding", *network, self.layer, self.pool, options, content)


def embedding_request(
    model: Model, chosen: ChosenSet, layer: str = "", pool: str = "", **options: Any
) -> EmbeddingRequest:
    """What is asked for where no page is: the layer the classifier reads, pooled as suits it, unless told."""
    name = layer or feature_layer(model)
    return EmbeddingRequest(model, chosen, name, pool or default_pooling(model.layer(name)), options)


def layer_of_first_map(model: Model) -> str:
    """The layer whose map a user sees first: one between simple things and classes, where that is known."""
    return model.card.first_map or feature_layer(model)


def choose_embedding(model: Model, chosen: ChosenSet, *, first: str = "") -> EmbeddingRequest:
    """Draw the choice of a layer, and of a pooling where the layer leaves one.

    Args:
        model: the network.
        chosen: the image set.
        first: the layer to begin with; the one the classifier reads if not given.
    """
    if chosen.embeddings is not None:
        st.caption("The vectors are those that came with the set; the network is not asked.")
        return EmbeddingRequest(model, chosen, "", "")
    name = choice(
        "Layer",
        list(model.layers_by_name),
        key=EMBEDDING["embedding_layer"],
        default=first if first in model.layers_by_name else feature_layer(model),
        name=lambda name: described(model.layers_by_name[name]),
        help=f"Type to search. The classifier reads {feature_layer(model)}; earlier layers arrange images by simpler "
        "things, such as colour and texture.",
    )
    pool = _choose_pool(model.layers_by_name[name])
    options = choose_options(POOLINGS[pool], model=model) if POOLINGS[pool].parameters else {}
    return EmbeddingRequest(model, chosen, name, pool, options)


def _choose_pool(layer: Layer) -> str:
    """The pooling; nothing is drawn where the layer outputs one vector already."""
    pools = available_poolings(layer)
    if len(pools) == 1:
        return pools[0]
    return segments(
        "Pooling",
        pools,
        key=EMBEDDING["pool"],
        default=default_pooling(layer),
        name=lambda pool: POOLINGS[pool].name,
        help="\n\n".join(f"**{POOLINGS[pool].name}**: {POOLINGS[pool].summary}" for pool in pools),
    )
