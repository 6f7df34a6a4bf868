"""The choice of what embeds an image set: a layer, and how its output becomes one vector."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.representation.descriptors import DESCRIPTORS
from featviz.representation.extraction.feature_layer import available_poolings, default_pooling, feature_layer
from featviz.representation.extraction.pooling import POOLINGS
from featviz.representation.fusion import FUSIONS, NORMALIZATIONS
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.inputs.layer import described
from featviz.ui.inputs.method import METHODS_CHOSEN, choose_options
from featviz.ui.inputs.second_network import SECOND
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.view_state import Choice, Several, Text, ViewState

__all__ = [
    "DESCRIPTOR_SIZES",
    "EMBEDDING",
    "FEATURE_SOURCES",
    "WEIGHTINGS",
    "EmbeddingRequest",
    "Fusion",
    "choose_layer_embedding",
    "embedding_request",
    "layer_of_first_map",
]

FEATURE_SOURCES = {"layer": "Network layer", "hand_made": "Hand-made", "combined": "Combined"}
"""Where the vectors may come from, with what people call it."""

DESCRIPTOR_SIZES = ("32", "64", "128", "256")
"""To what edge an image is resized before it is described, in pixels."""

WEIGHTINGS = {"equal": "Equal", "by_hand": "By hand", "probe": "Linear probe"}
"""Where the weights of a combination's parts come from, with what people call it."""

EMBEDDING = ViewState(
    "embedding",
    features=Choice(FEATURE_SOURCES, "layer"),
    embedding_layer=Text(),
    pool=Choice(POOLINGS),
    descriptor=Choice(DESCRIPTORS, "hog"),
    descriptor_size=Choice(DESCRIPTOR_SIZES, "64"),
    parts=Several(),
    **SECOND,
    fusion=Choice(FUSIONS, "concatenation"),
    part_weights=Choice(WEIGHTINGS, "equal"),
    hand_weights=Text("[0-9.,]+"),
    part_normalization=Choice(NORMALIZATIONS, "length"),
    options=METHODS_CHOSEN["options"],
)
"""What makes a vector of an image: a layer of the network, a descriptor, or several of these."""


@dataclass(frozen=True, eq=False)
class Fusion:
    """How several features become one vector.

    Attributes:
        parts: what each is made by.
        names: of the parts, as they are shown.
        method: an id out of `FUSIONS`.
        weights: of each part; "probe" learns them; none for equal ones.
        normalization: an id out of `NORMALIZATIONS`.
        options: of the method.
    """

    parts: tuple[EmbeddingRequest, ...]
    names: tuple[str, ...]
    method: str
    weights: tuple[float, ...] | Literal["probe"]
    normalization: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """Everything it depends on."""
        options = tuple(sorted(self.options.items()))
        parts = tuple(part.key for part in self.parts)
        return ("fused", parts, self.method, self.weights, self.normalization, options)


@dataclass(frozen=True, eq=False)
class EmbeddingRequest:
    """Embeddings that are asked for.

    Attributes:
        model: the network.
        chosen: the image set.
        layer: its name, or "" where no single layer of the network makes the vectors.
        pool: an id out of `POOLINGS`, or "" likewise.
        options: of the pooling or the descriptor.
        descriptor: an id out of `DESCRIPTORS` where the features are hand-made, else "".
        size: the edge of the square that a descriptor is shown, in pixels.
        fusion: how several features are combined, where they are.
    """

    model: Model
    chosen: ChosenSet
    layer: str
    pool: str
    options: dict[str, Any] = field(default_factory=dict)
    descriptor: str = ""
    size: int = 64
    fusion: Fusion | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Everything they depend on."""
        options = tuple(sorted(self.options.items()))
        content = self.chosen.content
        if self.chosen.embeddings is not None:
            return ("brought", content)
        if self.fusion is not None:
            return self.fusion.key
        if self.descriptor:
            return ("described", self.descriptor, self.size, options, content)
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


def choose_layer_embedding(model: Model, chosen: ChosenSet, *, first: str = "") -> EmbeddingRequest:
    """Draw the choice of a layer, and of a pooling where the layer leaves one.

    Args:
        model: the network.
        chosen: the image set.
        first: the layer to begin with; the one the classifier reads if not given.
    """
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
