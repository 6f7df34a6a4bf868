"""torchvision's classification zoo as a source: pretrained, random, or with the weights of a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from featviz.errors import BadCheckpoint, BadInput, WeightsUnavailable
from featviz.models.cards import ModelCard
from featviz.models.checkpoints.matching import (
    MatchedWeights,
    check_finite,
    match_state_dict,
    read_state_dict,
)
from featviz.models.copying import freeze
from featviz.models.model import Model
from featviz.models.outputs import Outputs
from featviz.models.sources import torchvision as zoo
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
        return _from_checkpoint(card, architecture, weights, device, classes)

    def code(self, model: Model) -> str:
        """The line that loads it again."""
        if model.weights == "checkpoint":
            return f'model = featviz.load_model("{model.name}", weights="your_checkpoint.safetensors")'
        if model.weights == "pretrained":
            return f'model = featviz.load_model("{model.name}")'
        return f'model = featviz.load_model("{model.name}", weights=None)'

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


def _from_checkpoint(
    card: ModelCard,
    architecture: str,
    weights: str | Path | bytes,
    device: torch.device,
    names: tuple[str, ...],
) -> Model:
    state = read_state_dict(weights if isinstance(weights, bytes) else _read(Path(weights)))
    matched = match_state_dict(zoo.builders(architecture), state)
    if names and len(names) != matched.classes and (len(names), matched.classes) != (2, 1):
        classes = "1 class" if matched.classes == 1 else f"{matched.classes} classes"
        raise BadInput(f"The checkpoint has {classes}, the labels file names {len(names)}.")
    known = zoo.categories(architecture)
    named = names or (known if matched.classes == len(known) else ())
    check_finite(matched.module, card.input_size)
    count = "1 class without a name" if matched.classes == 1 else f"{matched.classes} classes without names"
    notes = matched.notes if named else (*matched.notes, f"{count}.")
    outputs: Outputs = "one_logit" if matched.classes == 1 else "logits"
    return _model(_card_of_file(card, matched), matched.module, device, named, "checkpoint", notes, outputs)


def _card_of_file(card: ModelCard, matched: MatchedWeights) -> ModelCard:
    """What is known of weights out of a file: of the zoo's own, the architecture alone."""
    return replace(
        card,
        parameters=sum(parameter.numel() for parameter in matched.module.parameters()),
        classes=matched.classes,
        licence="",
        accuracy=None,
        accuracy_of="",
        data="",
        description="Weights from a file; what they were trained on is not known.",
        download_mb=0.0,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: no file's name holds a NUL
        raise BadCheckpoint(
            f"The checkpoint {path.name!r} cannot be read: {getattr(error, 'strerror', error)}."
        ) from error


def _model(
    card: ModelCard,
    module: nn.Module,
    device: torch.device,
    classes: tuple[str, ...],
    weights: str,
    notes: tuple[str, ...] = (),
    outputs: Outputs = "logits",
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
        read_notes=notes,
        declared_outputs=outputs,
    )
