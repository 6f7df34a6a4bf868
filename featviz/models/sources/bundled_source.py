"""The bundled networks as a source."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import nn

from featviz.errors import BadCheckpoint
from featviz.models.cards import ModelCard, training_moment
from featviz.models.copying import freeze
from featviz.models.model import Model
from featviz.models.preprocessing import Preprocessing
from featviz.models.sources.bundled import BUNDLED, build_bundled, build_random, bundled_card
from featviz.models.sources.choices import choices_code
from featviz.models.sources.registry import SOURCES, Weights, WeightsOffer

__all__: list[str] = []

_SUITS = {"digits-cnn": "digits"}
_FIRST_MAP = {"shapes-resnet": "stage2"}


@SOURCES.register("featviz")
class BundledSource:
    """Networks whose weights come with featviz, at every stage of their training."""

    def available(self) -> bool:
        """They always are."""
        return True

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each."""
        return tuple(_card(name) for name in BUNDLED)

    def weights(self, name: str) -> WeightsOffer:
        """Its stages, the trained one first."""
        options = tuple(
            Weights(
                stage.name,
                training_moment(stage.name).capitalize(),
                stage.name,
                stage.accuracy["joint"],
            )
            for stage in bundled_card(name).stages[::-1]
        )
        return WeightsOffer(
            options,
            "Checkpoints from the random start to the end of training.",
        )

    def load(
        self,
        card: ModelCard,
        weights: str | Path | bytes | None,
        device: torch.device,
        seed: int,
        classes: tuple[str, ...],  # noqa: ARG002 - its own are known
    ) -> Model:
        """One stage, or random weights of a seed.

        Raises:
            BadCheckpoint: it has no such stage.
        """
        if weights is None:
            return _model(card, build_random(card.name, seed), f"random, seed {seed}", device)
        stage = card.stages[-1] if weights == "default" else weights
        if stage not in card.stages:
            raise BadCheckpoint(
                f"{card.name} comes with the weights {', '.join(card.stages)}; a checkpoint file fits the zoo's "
                "architectures only.",
                code="stage",
            )
        assert isinstance(stage, str)  # noqa: S101 - stages are names
        return _model(card, build_bundled(card.name, stage), stage, device)

    def code(self, model: Model) -> str:
        """The line that loads it again."""
        if model.weights.startswith("random, seed"):
            weights = ", weights=None"
        else:
            weights = "" if model.weights == model.card.stages[-1] else f', weights="{model.weights}"'
        return f'model = featviz.load_model("{model.name}"{weights}{choices_code(model)})'

    def comparable(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Every stage of every one that knows as many classes."""
        alike = [card for card in self.cards() if card.classes == len(model.classes)]
        return tuple((card.name, stage) for card in alike for stage in card.stages[::-1])


@cache
def _card(name: str) -> ModelCard:
    known = bundled_card(name)
    return ModelCard(
        name=name,
        source="featviz",
        task="classification",
        parameters=known.parameters,
        input_size=known.input_size[0],
        classes=len(known.classes),
        bundled=True,
        licence=known.licence,
        accuracy=known.accuracy["joint"],
        accuracy_of="top-1 on held-out images",
        description=known.description,
        data=known.data,
        command=known.command,
        stages=tuple(stage.name for stage in known.stages),
        family=known.architecture,
        quick=True,
        suits=_SUITS.get(name, "shapes"),
        class_names=known.classes,
        first_map=_FIRST_MAP.get(name, ""),
    )


def _model(card: ModelCard, module: nn.Module, weights: str, device: torch.device) -> Model:
    known = bundled_card(card.name)
    side = known.input_size[0]
    return Model(
        name=card.name,
        module=freeze(module).to(device),
        transform=Preprocessing(input_size=side, mean=known.mean, std=known.std, resize=side),
        classes=known.classes,
        input_size=side,
        device=device,
        card=card,
        weights=weights,
        declared_outputs="logits",
    )
