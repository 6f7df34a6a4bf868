"""The controls of the page Train, and the request that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from featviz.registry import Method, Registry
from featviz.training.data import Labels
from featviz.training.methods import TRAINING_METHODS
from featviz.training.networks import NETWORKS, rebuilds_images
from featviz.training.settings import SETTINGS
from featviz.ui.inputs.controls import choice, whole_number
from featviz.ui.inputs.level import choose_level
from featviz.ui.inputs.method import choose_options
from featviz.ui.pages.train.view_state import LABELS, MAX_EPOCHS, RESOLUTIONS, VIEW
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["TrainRequest", "choose_training"]

_METHODS = ("supervised", "reconstruction", "simclr")
_LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class TrainRequest:
    """What is to be trained.

    Attributes:
        chosen: the image set.
        network, method: ids.
        labels: what is learned.
        resolution: height and width in pixels.
        epochs, seed: as `featviz.train` takes them.
        options: of network, method and run that differ from their defaults.
    """

    chosen: ChosenSet
    network: str
    method: str
    labels: Labels
    resolution: int
    epochs: int
    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that the run follows from."""
        options = tuple(sorted(self.options.items()))
        return (
            *(self.chosen.content or self.chosen.id, self.network, self.method, self.labels),
            *(self.resolution, self.epochs, self.seed, options),
        )


def choose_training(chosen: ChosenSet) -> TrainRequest:
    """Draw the controls."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        method = choice(
            "Training method",
            list(_METHODS),
            key=VIEW["train_method"],
            name=lambda name: TRAINING_METHODS[name].name,
            width=250,
            help="\n\n".join(
                f"**{TRAINING_METHODS[name].name}**: {TRAINING_METHODS[name].summary}" for name in _METHODS
            ),
        )
        networks = _networks(method)
        network = choice(
            "Architecture",
            networks,
            key=VIEW["train_network"],
            default=networks[0],
            name=lambda name: NETWORKS[name].name,
            width=250,
            help=_described(NETWORKS, networks),
        )
        labels = _choose_labels(chosen)
        resolution = choice(
            "Resolution",
            RESOLUTIONS,
            key=VIEW["train_resolution"],
            name=lambda size: f"{size} × {size}",
            width=130,
            help="Height and width in pixels of what the network sees: the center square of each image, scaled.",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        level = choose_level()
        epochs = _number("Epochs", "train_epochs", MAX_EPOCHS, "Passes over all training images.")
        seed = _number(
            "Seed", "train_seed", _LARGEST_SEED, "Of weights, order, augmentation and dropout.", low=0
        )
    options: dict[str, Any] = {}
    for declared in (NETWORKS[network], TRAINING_METHODS[method], SETTINGS["settings"]):
        options |= _options(declared, level)
    return TrainRequest(chosen, network, method, labels, int(resolution), epochs, seed, options)


def _described(registry: Registry, names: Sequence[str]) -> str:
    return "\n\n".join(f"**{registry[name].name}**: {registry[name].summary}" for name in names)


def _networks(method: str) -> list[str]:
    """Those that give what the method learns from: images where images are rebuilt, else logits."""
    wanted = method == "reconstruction"
    names = [each.id for each in NETWORKS if rebuilds_images(each.id) == wanted]
    first = "conv_autoencoder"
    return sorted(names, key=lambda name: name != first) if wanted else names


def _choose_labels(chosen: ChosenSet) -> Labels:
    factors = chosen.images is not None and chosen.images.factors is not None
    names = ["texture", "shape", "label"] if factors else ["label"]
    known: dict[str, Labels] = {"label": "label", "shape": "shape", "texture": "texture"}
    if not factors:
        return "label"
    return known[
        choice(
            "Labels",
            names,
            key=VIEW["train_labels"],
            default=names[0],
            name=LABELS.__getitem__,
            width=130,
            help="What is learned. Methods without labels are measured by them alone.",
        )
    ]


def _number(label: str, key: str, high: int, help_text: str, low: int = 1) -> int:
    entry = VIEW[key]
    value = whole_number(entry, low, high, int(str(entry.default)))
    st.number_input(label, low, high, key=entry.key, help=help_text, width=130, persist_state="session")
    return value


def _options(declared: Method, level: str) -> dict[str, Any]:
    return choose_options(declared, level=level) if declared.parameters else {}
