"""The choice of the layer of a second network that stands beside a layer of the first."""

from __future__ import annotations

from featviz.explain.features.layer_matching import MATCHES, match_layer, same_architecture
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.representation.extraction.feature_layer import logits_layer
from featviz.ui.inputs.comparison.differences import same_classes
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.layer import described
from featviz.ui.state.view_state import Text, ViewState

__all__ = ["MATCHED", "choose_matched_layer", "have_same_channels"]

MATCHED = ViewState("matched layer", matched_layer=Text())
"""The layer of the second network: its name, or "=" and by what it is matched."""

_SIGN = "="
_NAMES = {"name": "Same name", "depth": "Same depth", "resolution": "Nearest resolution"}


def choose_matched_layer(model: Model, layer: str, second: Model) -> str:
    """Draw the choice of the layer beside a layer: matched to it, or any; give its name.

    Args:
        model: the first network.
        layer: a layer of it.
        second: the other network, whose layers are offered.
    """
    matched = _matches(model, layer, second)
    default = "name" if same_architecture(model.layers, second.layers) else "depth"
    chosen = choice(
        "Matched layer",
        [*matched, *second.layers_by_name],
        key=MATCHED["matched_layer"],
        default=_SIGN + default,
        name=lambda text: _described(text, matched, second),
        help="The layer of the second network: that of the same name, at the same relative depth, with the most "
        "similar number of positions, or any.",
    )
    return matched[chosen].name if chosen in matched else chosen


def have_same_channels(model: Model, layer: str, second: Model, other: str) -> bool:
    """Whether equal numbers mean the same in a layer of each of two networks.

    They do in the same layer of one architecture, and where both layers give the outputs for the same classes.
    """
    if same_classes(model, second) and (logits_layer(model), logits_layer(second)) == (layer, other):
        return True
    channels = {model.layer(layer).channels, second.layer(other).channels}
    return layer == other and len(channels) == 1 and same_architecture(model.layers, second.layers)


def _matches(model: Model, layer: str, second: Model) -> dict[str, Layer]:
    found = {_SIGN + by: match_layer(model.layer(layer), model.layers, second.layers, by) for by in MATCHES}
    return {text: each for text, each in found.items() if each is not None}


def _described(text: str, matched: dict[str, Layer], second: Model) -> str:
    if text not in matched:
        return described(second.layers_by_name[text]) if text in second.layers_by_name else text
    return f"{_NAMES[text.removeprefix(_SIGN)]} · {described(matched[text])}"
