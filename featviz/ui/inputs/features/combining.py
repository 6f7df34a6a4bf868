"""The choice of several features that become one: parts, how they are combined, and how much each counts."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from featviz.models.model import Model
from featviz.representation.descriptors import DESCRIPTORS
from featviz.representation.extraction.feature_layer import feature_layer
from featviz.representation.fusion import FUSIONS, NORMALIZATIONS
from featviz.ui.inputs.controls import choice, several_or_default, show
from featviz.ui.inputs.embedding import EMBEDDING, WEIGHTINGS, EmbeddingRequest, Fusion, embedding_request
from featviz.ui.inputs.features.describing import descriptor_request, short_name
from featviz.ui.inputs.method import choose_options
from featviz.ui.inputs.second_network import choose_second, described
from featviz.ui.state.feedback import end_page
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["MAX_PARTS", "choose_combination"]

MAX_PARTS = 4
_HERE, _SECOND, _HAND = "layer/", "second/", "hand-made/"
_DEFAULT_DESCRIPTOR = "hog"


def choose_combination(model: Model, chosen: ChosenSet, *, first: str = "") -> EmbeddingRequest:
    """Draw the choice of parts, and of how they become one; with fewer than two the page ends.

    Args:
        model: the network.
        chosen: the image set.
        first: the layer to begin with; the one the classifier reads if not given.

    Raises:
        FeatvizError: the second network cannot be loaded.
    """
    second = choose_second(model, label="Second network", optional=True)
    offered = _offered(model, second)
    begun = EMBEDDING["embedding_layer"].text or first
    layer = begun if begun in model.layers_by_name else feature_layer(model)
    parts = several_or_default(
        "Parts",
        list(offered),
        key=EMBEDDING["parts"],
        limit=MAX_PARTS,
        default=[f"{_HERE}{layer}", f"{_HAND}{_DEFAULT_DESCRIPTOR}"],
        name=lambda part: offered.get(part, part),
        placeholder="Choose two to four",
        help="Type to search: layers of both networks, pooled as suits them, and hand-made descriptors.",
    )
    if len(parts) < 2:
        st.info("Choose two parts or more.", icon=":material/touch_app:")
        end_page()
    fusion = _choose_fusion(model, chosen, second, parts, [offered[part] for part in parts])
    return EmbeddingRequest(model, chosen, "", "", fusion=fusion)


def _offered(model: Model, second: Model | None) -> dict[str, str]:
    """All there is to combine, by what a link carries: the names people read."""
    offered = {f"{_HAND}{each.id}": short_name(each) for each in DESCRIPTORS}
    offered |= {f"{_HERE}{name}": name for name in model.layers_by_name}
    if second is None or second is model:
        return offered
    return offered | {f"{_SECOND}{name}": f"{name} of {described(second)}" for name in second.layers_by_name}


def _choose_fusion(
    model: Model, chosen: ChosenSet, second: Model | None, parts: list[str], names: list[str]
) -> Fusion:
    method = choice(
        "Combine by",
        [each.id for each in FUSIONS],
        key=EMBEDDING["fusion"],
        name=lambda name: FUSIONS[name].name,
        help="\n\n".join(f"**{each.name}**: {each.summary}" for each in FUSIONS),
    )
    weights = () if method == "attention" else _choose_weights(method, names)
    with st.expander("Parameters of the combination", icon=":material/tune:"):
        normalization = choice(
            "Normalization",
            [each.id for each in NORMALIZATIONS],
            key=EMBEDDING["part_normalization"],
            name=lambda name: NORMALIZATIONS[name].name,
            help="Makes the parts comparable before they are combined. "
            + "\n\n".join(f"**{each.name}**: {each.summary}" for each in NORMALIZATIONS),
        )
        options = choose_options(FUSIONS[method], model=model, stacked=True)
    requests = tuple(_request(part, model, second, chosen) for part in parts)
    return Fusion(requests, tuple(names), method, weights, normalization, options)


def _request(part: str, model: Model, second: Model | None, chosen: ChosenSet) -> EmbeddingRequest:
    kind, _, name = part.partition("/")
    if f"{kind}/" == _HAND:
        return descriptor_request(model, chosen, name)
    return embedding_request((second or model) if f"{kind}/" == _SECOND else model, chosen, name)


def _choose_weights(method: str, names: list[str]) -> tuple[float, ...] | Literal["probe"]:
    # a probe standardises every dimension: how long those of a concatenation are makes no difference to it
    offered = [each for each in WEIGHTINGS if each != "probe" or method == "weighted_sum"]
    how = choice(
        "Weights of the parts",
        offered,
        key=EMBEDDING["part_weights"],
        name=WEIGHTINGS.__getitem__,
        help="How much each part counts. **Linear probe**, of a weighted sum: the weights with which a linear "
        "classifier tells the labels of held-out images best.",
    )
    if how == "probe":
        return "probe"
    return _weights_by_hand(names) if how == "by_hand" else ()


def _weights_by_hand(names: list[str]) -> tuple[float, ...]:
    """Draw a slider for each part."""
    keys = [f"hand_weight.{number}" for number in range(len(names))]

    def keep() -> None:
        EMBEDDING["hand_weights"].keep(",".join(f"{st.session_state[key]:g}" for key in keys))

    for key, name, weight in zip(keys, names, _kept_weights(len(names)), strict=True):
        show(key, weight)
        st.slider(f"Weight of {name}", 0.0, 1.0, step=0.05, key=key, on_change=keep)
    return tuple(float(st.session_state[key]) for key in keys)


def _kept_weights(count: int) -> list[float]:
    """The weights that an address or a user gave, 1 where there is none that can be."""
    words = [word for word in EMBEDDING["hand_weights"].text.split(",") if word.count(".") <= 1]
    weights = [min(1.0, float(word)) for word in words if word.strip(".")]
    return (weights + [1.0] * count)[:count]
