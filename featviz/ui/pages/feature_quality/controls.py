"""What the Feature quality page asks: which networks, which of their layers, with corrupted images or without."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from featviz.explain.features.depth import layers_through_depth
from featviz.models.model import Model
from featviz.representation.descriptors import DESCRIPTORS
from featviz.representation.extraction.feature_layer import default_pooling, feature_layer
from featviz.representation.quality.robustness import MAX_CORRUPTED
from featviz.representation.quality.through_depth import corrupted_image_count
from featviz.ui.inputs.columns import choose_networks
from featviz.ui.inputs.controls import segments, several_or_default
from featviz.ui.inputs.features.describing import short_name
from featviz.ui.pages.feature_quality.view_state import DISTURBED, VIEW
from featviz.ui.state.feedback import end_page
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["HAND_MADE", "Network", "QualityRequest", "choose_quality", "main_layers"]

HAND_MADE = "Hand-made features"
"""What stands where the name of a network stands."""

_MAX_LAYERS = 12
_MAIN = 7


@dataclass(frozen=True, eq=False)
class Network:
    """A network that is evaluated.

    Attributes:
        name: as it is shown, with its weights.
        model: the network; None for uploaded embeddings and for what was made by hand.
        poolings: by layer, in order of execution, how its output becomes one vector.
        descriptors: of hand-made features, the id of each by its name.
    """

    name: str
    model: Model | None
    poolings: dict[str, str]
    descriptors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class QualityRequest:
    """What shall be evaluated.

    Attributes:
        networks: one or more, the one chosen in the sidebar first.
        chosen: the image set.
        disturbed: whether the robustness against corruptions is measured.
    """

    networks: tuple[Network, ...]
    chosen: ChosenSet
    disturbed: bool


def choose_quality(model: Model, chosen: ChosenSet) -> QualityRequest:
    """Draw the choice of layers, of networks beside, and of corrupted images."""
    if chosen.embeddings is not None:
        st.caption("The vectors are those that came with the set; the network is not asked.")
        return QualityRequest((Network(chosen.name, None, {}),), chosen, disturbed=False)
    layers = _choose_layers(model)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        networks = choose_networks(model, random_at_first=model.card.quick)
    with right:
        disturbed = segments(
            "Corruption robustness",
            list(DISTURBED),
            key=VIEW["disturbed"],
            default="yes" if model.card.quick else "no",
            name=DISTURBED.__getitem__,
            help="How much the features change when up to 200 of the images get Gaussian noise (standard deviations "
            "0.01, 0.05, 0.1 and 0.08, 0.18, 0.38), blur, less contrast or JPEG compression, each in three severities. "
            f"The network runs up to {corrupted_image_count(MAX_CORRUPTED):,} times more for it.",
        )
    learned = [Network(name, each, _poolings(each, layers)) for name, each in networks]
    return QualityRequest((*learned, *_choose_hand_made()), chosen, disturbed == "yes")


def main_layers(model: Model) -> list[str]:
    """Layers evenly along the depth, ends of blocks where there are any, to the one the classifier reads."""
    walk = [layer.name for layer in layers_through_depth(model.layers, _MAIN)]
    last = feature_layer(model)
    if walk and last not in walk and model.layer(walk[-1]).channels == model.layer(last).channels:
        walk.pop()
    return [*(name for name in walk if name != last), last]


def _choose_layers(model: Model) -> list[str]:
    names = list(model.layers_by_name)
    chosen = several_or_default(
        "Layers",
        names,
        key=VIEW["depth"],
        limit=_MAX_LAYERS,
        default=main_layers(model),
        help="All of them are read in one pass over the images.",
    )
    if not chosen:
        st.info("Choose a layer above.", icon=":material/touch_app:")
        end_page()
    return sorted(chosen, key=names.index)


def _choose_hand_made() -> list[Network]:
    """Draw the choice of descriptors; together they stand beside the networks as one more."""
    names = {each.id: short_name(each) for each in DESCRIPTORS}
    chosen = several_or_default(
        "Hand-made features",
        list(names),
        key=VIEW["hand_made"],
        limit=len(names),
        default=(),
        name=names.__getitem__,
        placeholder="Choose what learning is held against",
        help="Descriptors from before networks learned theirs: what learning adds is what a layer tells beyond them.",
    )
    found = {names[each]: each for each in names if each in chosen}
    return [Network(HAND_MADE, None, {}, found)] if found else []


def _poolings(model: Model, layers: list[str]) -> dict[str, str]:
    """The same layers of another network where it has them all, else its own main ones."""
    known = layers if set(layers) <= set(model.layers_by_name) else main_layers(model)
    return {name: default_pooling(model.layer(name)) for name in known}
