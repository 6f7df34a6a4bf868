"""torchvision's classification zoo as a source: pretrained, random, or with the weights of a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from featviz.errors import WeightsUnavailable
from featviz.models.cards import ModelCard
from featviz.models.copying import freeze
from featviz.models.model import Model
from featviz.models.preprocessing import STATISTICS, Preprocessing, preprocessing_of
from featviz.models.sources import torchvision as zoo
from featviz.models.sources.checkpoint import open_checkpoint
from featviz.models.sources.choices import choices_code
from featviz.models.sources.registry import FILE, SOURCES, Weights, WeightsOffer

__all__: list[str] = []


@SOURCES.register("torchvision")
class TorchvisionSource:
    """Every architecture for classification that torchvision has."""

    def available(self) -> bool:
        """It comes with featviz's requirements."""
        return True

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each architecture."""
        return tuple(zoo.zoo_card(name) for name in zoo.architectures())

    def weights(self, name: str) -> WeightsOffer:
        """The default weights, random ones, or a checkpoint."""
        architecture, accuracy = _architecture(name), zoo.zoo_card(_architecture(name)).accuracy
        fetch = None if zoo.is_cached(architecture) else partial(zoo.fetch_weights, architecture)
        options = (
            Weights("pretrained", "Pretrained", "default", accuracy, fetch),
            Weights("random", "Random", None),
            Weights(FILE, "File", None),
        )
        return WeightsOffer(
            options, "Random weights (seed 0) show what the architecture alone makes of an image."
        )

    def load(
        self,
        card: ModelCard,
        weights: str | Path | bytes | None,
        device: torch.device,
        seed: int,
        classes: tuple[str, ...],
    ) -> Model:
        """With its default weights, with random ones of a seed, or with those of a checkpoint.

        Raises:
            WeightsUnavailable: pretrained weights that are neither cached nor reachable.
            BadCheckpoint: a file that holds no weights, or weights that do not fit.
            BadInput: class names that do not fit.
        """
        architecture = _architecture(card.name)
        if weights is None:
            module = zoo.build_seeded(architecture, seed)
            return _model(card, module, device, zoo.categories(architecture), f"random, seed {seed}")
        if weights == "default":
            _fetch(architecture)
            module = zoo.pretrained(architecture)
            return _model(card, module, device, zoo.categories(architecture), "pretrained")
        return open_checkpoint(
            card,
            zoo.builders(architecture),
            weights,
            device,
            names=classes,
            known=zoo.categories(architecture),
            usual=_usual_of_checkpoints(architecture),
        )

    def code(self, model: Model) -> str:
        """The line that loads it again."""
        if model.weights == "checkpoint":
            weights = ', weights="your_checkpoint.safetensors"'
        else:
            weights = "" if model.weights == "pretrained" else ", weights=None"
        return f'model = featviz.load_model("{model.name}"{weights}{choices_code(model)})'

    def comparable(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Its own architecture with random weights, and all whose weights are here, its own first."""
        here = [f"{zoo.PREFIX}{each}" for each in zoo.architectures() if zoo.is_cached(each)]
        trained = [(name, "pretrained") for name in sorted(here, key=lambda each: each != model.name)]
        return ((model.name, "random"), *trained)


def _architecture(name: str) -> str:
    return name.removeprefix(zoo.PREFIX)


def _fetch(architecture: str) -> None:
    try:
        for _step in zoo.fetch_weights(architecture):
            pass
    except WeightsUnavailable as error:
        quick = ", ".join(card.name for card in SOURCES.cards() if card.bundled)
        raise WeightsUnavailable(
            f"{error} There are instead: the bundled networks ({quick}), a checkpoint file of "
            "this architecture, or random weights (weights=None).",
            code=error.code,
        ) from error


def _usual_of_checkpoints(architecture: str) -> Preprocessing:
    """As of the default weights; of the two that rescale their input themselves, with that step made here.

    A file does not say whether its network had the step. So none has it, and whoever trained without it has the
    input that the preprocessing says.
    """
    usual = preprocessing_of(zoo.preset(architecture))
    half = STATISTICS["half"]
    return replace(usual, mean=half.mean, std=half.std) if architecture in zoo.RESCALING else usual


def _model(
    card: ModelCard,
    module: nn.Module,
    device: torch.device,
    classes: tuple[str, ...],
    weights: str,
) -> Model:
    transform: Any = zoo.preset(_architecture(card.name))
    return Model(
        name=card.name,
        module=freeze(module).to(device),
        transform=transform,
        classes=classes,
        input_size=card.input_size,
        device=device,
        card=card,
        weights=weights,
        declared_outputs="logits",
    )
