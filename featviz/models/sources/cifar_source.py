"""The residual networks for CIFAR as a source: random, or with the weights of a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import torch
from torch import nn

from featviz.errors import WeightsUnavailable
from featviz.models.cards import ModelCard
from featviz.models.copying import freeze
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.models.networks.cifar_resnet import CifarResNet
from featviz.models.preprocessing import STATISTICS, Preprocessing
from featviz.models.sources.checkpoint import open_checkpoint
from featviz.models.sources.choices import choices_code
from featviz.models.sources.registry import FILE, SOURCES, Weights, WeightsOffer

__all__: list[str] = []

_PREFIX = "cifar/resnet"
_DEPTHS = (20, 32, 44, 56, 110)
_SIZE, _CLASSES = 32, 10
_USUAL = Preprocessing(_SIZE, STATISTICS["cifar10"].mean, STATISTICS["cifar10"].std, _SIZE)


@SOURCES.register("cifar")
class CifarSource:
    """ResNet-20, 32, 44, 56 and 110, which many people train; no weights come with them."""

    def available(self) -> bool:
        """They always are."""
        return True

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each depth."""
        return tuple(_card(depth) for depth in _DEPTHS)

    def weights(self, name: str) -> WeightsOffer:  # noqa: ARG002 - all have the same
        """Random ones, or a checkpoint."""
        options = (Weights("random", "Random", None), Weights(FILE, "File", None))
        return WeightsOffer(options, "No trained weights come with this architecture: upload a checkpoint.")

    def load(
        self,
        card: ModelCard,
        weights: str | Path | bytes | None,
        device: torch.device,
        seed: int,
        classes: tuple[str, ...],
    ) -> Model:
        """With random weights of a seed, or with those of a checkpoint.

        Raises:
            WeightsUnavailable: trained weights, for there are none.
            BadCheckpoint: a file that holds no weights, or weights that do not fit.
            BadInput: class names that do not fit.
        """
        if weights == "default":
            raise WeightsUnavailable(
                f"No trained weights come with {card.name}: give a checkpoint, or weights=None for random ones.",
                code="none",
            )
        if weights is None:
            return _random(card, seed, device)
        builders = _builders(int(card.name.removeprefix(_PREFIX)))
        return open_checkpoint(card, builders, weights, device, names=classes, known=(), usual=_USUAL)

    def code(self, model: Model) -> str:
        """The line that loads it again."""
        weights = '"your_checkpoint.safetensors"' if model.weights == "checkpoint" else "None"
        return f'model = featviz.load_model("{model.name}", weights={weights}{choices_code(model)})'

    def comparable(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Its own architecture with random weights, then the other depths."""
        names = sorted((card.name for card in self.cards()), key=lambda name: name != model.name)
        return tuple((name, "random") for name in names)


def _builders(depth: int) -> tuple[Callable[[int], nn.Module], ...]:
    """With shortcuts of zeros, as in the paper, and of convolutions, as in many files."""
    return tuple(partial(_seeded, depth, projection) for projection in (False, True))


def _seeded(depth: int, projection: bool, classes: int, seed: int = 0) -> nn.Module:
    with IsolatedRNG(seed):
        return CifarResNet(depth, classes, projection=projection).eval()


@cache
def _card(depth: int) -> ModelCard:
    module = _seeded(depth, False, _CLASSES)
    return ModelCard(
        name=f"{_PREFIX}{depth}",
        source="cifar",
        task="classification",
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        input_size=_SIZE,
        classes=_CLASSES,
        licence="MIT, as featviz; no weights come with it",
        description="He et al. 2015, section 4.2: three stages of 16, 32 and 64 channels for images of 32 × 32.",
        family="ResNet for CIFAR",
    )


def _random(card: ModelCard, seed: int, device: torch.device) -> Model:
    module = _seeded(int(card.name.removeprefix(_PREFIX)), False, _CLASSES, seed)
    return Model(
        name=card.name,
        module=freeze(module).to(device),
        transform=_USUAL,
        classes=(),
        input_size=_SIZE,
        device=device,
        card=card,
        weights=f"random, seed {seed}",
        declared_outputs="logits",
    )
