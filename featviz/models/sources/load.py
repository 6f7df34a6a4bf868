"""load_model and list_models: one door to every network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

from featviz.errors import BadInput
from featviz.models.cards import ModelCard, Origin
from featviz.models.inputs import Transform
from featviz.models.model import Model
from featviz.models.outputs import Outputs
from featviz.models.sources import bundled_source, cifar_source, torchvision_source
from featviz.models.sources.choices import with_preprocessing
from featviz.models.sources.registry import OF_THIS_PROCESS, SOURCES

__all__ = ["FAMILIES", "devices", "list_models", "load_model", "model_card"]

FAMILIES = (bundled_source, torchvision_source, cifar_source)
"""The modules whose sources are registered when this one is imported, in their order."""


def list_models() -> list[ModelCard]:
    """The card of every network there is: the bundled ones, torchvision's classification zoo, ResNets for CIFAR."""
    return SOURCES.cards()


@cache
def model_card(name: str) -> ModelCard:
    """The card of one network.

    Raises:
        ModelNotFound: no network has this name.
    """
    return SOURCES.card(name)


def devices() -> tuple[str, ...]:
    """The devices of this machine, the fastest first."""
    available = []
    if torch.cuda.is_available():
        available.append("cuda")
    if torch.backends.mps.is_available():
        available.append("mps")
    return (*available, "cpu")


def load_model(
    name: str,
    *,
    weights: str | Path | bytes | None = "default",
    device: str = "auto",
    seed: int = 0,
    classes: Sequence[str] = (),
    transform: Transform | None = None,
    input_size: int | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    outputs: Outputs | None = None,
) -> Model:
    """Load a network, frozen and ready to be shared.

    Args:
        name: `shapes-resnet` and the like, or `torchvision/resnet18` or `cifar/resnet20` and the like.
        weights: "default" (trained; the zoo's are downloaded once), a bundled network's stage such as
            "random", None (random: never touches the network), or a checkpoint: its path or its bytes.
        device: "auto", "cpu", "cuda" or "mps".
        seed: of random weights.
        classes: names of a checkpoint's classes, one for each output.
        transform: one RGB image -> a normalised tensor (C, H, W), where `mean` and `std` cannot say what was done.
        input_size: height and width of the input in pixels; None: as the file says or the weights show, else the
            architecture's, and the notes say which.
        mean: taken off the values in [0, 1]: one number for each channel, or one for all; None: likewise.
        std: what they are divided by then, likewise; 1/255 with a mean of 0 gives values from 0 to 255.
        outputs: what kind of numbers it gives; None: what the source knows, such as the logits of a classifier.

    Raises:
        ModelNotFound: an unknown name.
        WeightsUnavailable: pretrained weights that are neither cached nor reachable.
        BadCheckpoint: a file that holds no weights, or weights that do not fit.
        BadInput: a device this machine lacks, class names that do not fit, a seed out of range, or a preprocessing
            that is none or that the network cannot take.
    """
    card = model_card(name)
    loaded = SOURCES.of(card).load(card, weights, _device(device), seed, tuple(classes))
    model = with_preprocessing(
        loaded, transform=transform, input_size=input_size, mean=mean, std=std, outputs=outputs
    )
    origin = None if transform is not None else _origin(model, weights, seed, tuple(classes))
    return replace(model, origin=origin)


def _origin(
    model: Model, weights: str | Path | bytes | None, seed: int, classes: tuple[str, ...]
) -> Origin | None:
    """What loads it again in any process; None where that came as bytes, or was trained in this one."""
    if isinstance(weights, bytes) or model.card.source == OF_THIS_PROCESS:
        return None
    named = weights if model.weights != "checkpoint" or weights is None else Path(weights).absolute()
    return Origin(None if named is None else str(named), seed, classes, model.choices)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device(devices()[0])
    if name not in devices():
        raise BadInput(f"This machine has no device {name!r}: it has {', '.join(devices())}.", code="device")
    return torch.device(name)
