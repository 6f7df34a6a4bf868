"""load_model and list_models: one door to every network."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision.transforms._presets import ImageClassification

from featviz.errors import BadCheckpoint, BadInput, ModelNotFound, WeightsUnavailable
from featviz.models.cards import ModelCard
from featviz.models.checkpoints.matching import check_finite, fit_state_dict, read_state_dict
from featviz.models.model import Model, freeze
from featviz.models.sources import torchvision as zoo
from featviz.models.sources.bundled import BUNDLED, build_bundled, build_random, bundled_card

__all__ = ["devices", "list_models", "load_model", "model_card"]


def list_models() -> list[ModelCard]:
    """The card of every network there is: the bundled ones, then torchvision's classification zoo."""
    return [*(model_card(name) for name in BUNDLED), *(zoo.zoo_card(name) for name in zoo.architectures())]


@cache
def model_card(name: str) -> ModelCard:
    """The card of one network.

    Raises:
        ModelNotFound: no network has this name.
    """
    if name in BUNDLED:
        return _card_of_bundled(name)
    if name.startswith(zoo.PREFIX):
        return zoo.zoo_card(name.removeprefix(zoo.PREFIX))
    raise ModelNotFound(f"No network is named {name!r}: featviz.list_models() names them all.")


def devices() -> tuple[str, ...]:
    """The devices of this machine, the fastest first."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def load_model(
    name: str,
    *,
    weights: str | Path | bytes | None = "default",
    device: str = "auto",
    seed: int = 0,
    classes: Sequence[str] = (),
) -> Model:
    """Load a network, frozen and ready to be shared.

    Args:
        name: `shapes-resnet` and the like, or `torchvision/resnet18` and the like.
        weights: "default" (trained; the zoo's are downloaded once), a bundled network's stage such as
            "random", None (random: never touches the network), or a checkpoint: its path or its bytes.
        device: "auto", "cpu", "cuda" or "mps".
        seed: of random weights.
        classes: names of a checkpoint's classes, one for each output.

    Raises:
        ModelNotFound: an unknown name.
        WeightsUnavailable: pretrained weights that are neither cached nor reachable.
        BadCheckpoint: a file that holds no weights, or weights that do not fit.
        BadInput: a device this machine lacks, class names that do not fit, or a seed out of range.
    """
    card = model_card(name)
    where = _device(device)
    if name in BUNDLED:
        return _bundled(card, weights, where, seed)
    architecture = name.removeprefix(zoo.PREFIX)
    if weights is None:
        module, known = zoo.build_seeded(architecture, seed), zoo.categories(architecture)
        return _zoo_model(card, module, where, known, f"random, seed {seed}")
    if weights == "default":
        _fetch(architecture)
        return _zoo_model(
            card, zoo.pretrained(architecture), where, zoo.categories(architecture), "pretrained"
        )
    return _from_checkpoint(card, architecture, weights, where, tuple(classes))


def _card_of_bundled(name: str) -> ModelCard:
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
    )


def _bundled(card: ModelCard, weights: str | Path | bytes | None, device: torch.device, seed: int) -> Model:
    if weights is None:
        return _bundled_model(card, build_random(card.name, seed), f"random, seed {seed}", device)
    stage = card.stages[-1] if weights == "default" else weights
    if stage not in card.stages:
        raise BadCheckpoint(
            f"{card.name} comes with the weights {', '.join(card.stages)}; a checkpoint file fits the zoo's "
            "architectures only.",
            code="stage",
        )
    assert isinstance(stage, str)  # noqa: S101 - stages are names
    return _bundled_model(card, build_bundled(card.name, stage), stage, device)


def _bundled_model(card: ModelCard, module: nn.Module, weights: str, device: torch.device) -> Model:
    known = bundled_card(card.name)
    transform = ImageClassification(
        crop_size=known.input_size[0], resize_size=known.input_size[0], mean=known.mean, std=known.std
    )
    return Model(
        name=card.name,
        module=freeze(module).to(device),
        transform=transform,
        classes=known.classes,
        input_size=known.input_size[0],
        device=device,
        card=card,
        weights=weights,
    )


def _zoo_model(
    card: ModelCard,
    module: nn.Module,
    device: torch.device,
    classes: tuple[str, ...],
    weights: str,
    notes: tuple[str, ...] = (),
) -> Model:
    transform: Any = zoo.preset(card.name.removeprefix(zoo.PREFIX))
    return Model(
        name=card.name,
        module=freeze(module).to(device),
        transform=transform,
        classes=classes,
        input_size=card.input_size,
        device=device,
        card=card,
        weights=weights,
        notes=notes,
    )


def _fetch(architecture: str) -> None:
    try:
        for _progress in zoo.fetch_weights(architecture):
            pass
    except WeightsUnavailable as error:
        raise WeightsUnavailable(
            f"{error} There are instead: the bundled networks ({', '.join(BUNDLED)}), a checkpoint file of "
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
    fitted = fit_state_dict(zoo.builders(architecture), state)
    if names and len(names) != fitted.classes:
        raise BadInput(f"The checkpoint has {fitted.classes} classes, the labels file names {len(names)}.")
    known = zoo.categories(architecture)
    named = names or (known if fitted.classes == len(known) else ())
    check_finite(fitted.module, card.input_size)
    notes = fitted.notes if named else (*fitted.notes, f"{fitted.classes} classes without names.")
    return _zoo_model(card, fitted.module, device, named, "checkpoint", notes)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: no file's name holds a NUL
        raise BadCheckpoint(
            f"The checkpoint {path.name!r} cannot be read: {getattr(error, 'strerror', error)}."
        ) from error


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device(devices()[0])
    if name not in devices():
        raise BadInput(f"This machine has no device {name!r}: it has {', '.join(devices())}.", code="device")
    return torch.device(name)
