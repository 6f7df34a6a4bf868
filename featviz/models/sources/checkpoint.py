"""open_checkpoint: a file of weights -> a network of a known architecture, with its preprocessing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from featviz.errors import BadCheckpoint, BadInput
from featviz.models.cards import ModelCard
from featviz.models.checkpoints.matching import (
    MatchedWeights,
    check_finite,
    match_state_dict,
    read_state_dict,
)
from featviz.models.checkpoints.meta_shapes import Builder
from featviz.models.checkpoints.settings import FoundSettings, settings_beside
from featviz.models.checkpoints.timm_names import refuse_namesakes
from featviz.models.copying import freeze
from featviz.models.model import Model
from featviz.models.outputs import Outputs
from featviz.models.preprocessing import STATISTICS, Basis, Preprocessing

__all__ = ["open_checkpoint"]

_CIFAR_SIZE = 32


def open_checkpoint(
    card: ModelCard,
    builders: Sequence[Builder],
    weights: str | Path | bytes,
    device: torch.device,
    *,
    names: tuple[str, ...],
    known: tuple[str, ...],
    usual: Preprocessing,
) -> Model:
    """Read a file, load it into an architecture and infer its preprocessing.

    Args:
        card: of the architecture.
        builders: make the architecture with a number of classes, in the forms it is saved in.
        weights: the file's path or its bytes.
        device: where the network shall compute.
        names: of the classes, or none.
        known: names of the classes that weights of this architecture usually have.
        usual: the preprocessing that such weights usually want.

    Raises:
        BadCheckpoint: the file holds no weights, or others.
        BadInput: there are not as many names as classes.
    """
    state = read_state_dict(weights if isinstance(weights, bytes) else _read(Path(weights)))
    beside = FoundSettings() if isinstance(weights, bytes) else settings_beside(Path(weights))
    refuse_namesakes(state.settings.architecture or beside.architecture, card.short_name)
    matched = match_state_dict(builders, state)
    _check_names(names, matched.classes)
    preprocessing = _preprocessing(_as_shown(usual, matched), state.settings or beside)
    check_finite(matched.module, preprocessing.input_size, matched.input_channels)
    named = names or (known if matched.classes == len(known) else ())
    few: dict[int, Outputs] = {0: "embedding", 1: "one_logit"}
    return Model(
        name=card.name,
        module=freeze(matched.module).to(device),
        transform=preprocessing,
        classes=named,
        input_size=preprocessing.input_size,
        input_channels=matched.input_channels,
        device=device,
        card=_card_of_file(card, matched, preprocessing),
        weights="checkpoint",
        read_notes=(*matched.notes, *_unnamed(matched.classes, named), *preprocessing.notes),
        declared_outputs=few.get(matched.classes, "logits"),
    )


def _check_names(names: tuple[str, ...], classes: int) -> None:
    if names and len(names) != classes and (len(names), classes) != (2, 1):
        count = "1 class" if classes == 1 else f"{classes} classes"
        raise BadInput(f"The checkpoint has {count}, the labels file names {len(names)}.")


def _unnamed(classes: int, named: tuple[str, ...]) -> tuple[str, ...]:
    count = "1 class without a name" if classes == 1 else f"{classes} classes without names"
    return () if named or not classes else (f"{count}.",)


def _as_shown(usual: Preprocessing, matched: MatchedWeights) -> Preprocessing:
    """What is usual, where the weights show no other size and no gray images."""
    size = usual.input_size if matched.input_size is None else matched.input_size
    known = usual if size == usual.input_size else replace(usual, resize=size, input_size=size)
    if size == _CIFAR_SIZE:
        known = replace(known, mean=STATISTICS["cifar10"].mean, std=STATISTICS["cifar10"].std)
    if matched.input_channels == 1:
        gray = STATISTICS["half"]
        known = replace(known, mean=gray.mean[:1], std=gray.std[:1])
    return known if matched.input_size is None else replace(known, size_basis="weights")


def _preprocessing(usual: Preprocessing, found: FoundSettings) -> Preprocessing:
    """What the file says, and where it says nothing, what is usual."""
    size = usual.input_size if found.input_size is None else found.input_size
    resize = found.resize or (usual.resize if size == usual.input_size else size)
    channels = len(usual.mean)
    mean, std = (
        ((numbers * channels)[:channels] if len(numbers) == 1 else numbers) if numbers else of_usual
        for numbers, of_usual in ((found.mean, usual.mean), (found.std, usual.std))
    )
    return Preprocessing(
        input_size=size,
        mean=mean if len(mean) == channels else usual.mean,
        std=std if len(std) == channels else usual.std,
        resize=max(resize, size),
        interpolation=found.interpolation or usual.interpolation,
        size_basis="file" if found.input_size is not None else _unsaid(usual),
        statistics_basis="assumed" if found.mean is None else "file",
        where=found.where,
    )


def _unsaid(usual: Preprocessing) -> Basis:
    return "weights" if usual.size_basis == "weights" else "assumed"


def _card_of_file(card: ModelCard, matched: MatchedWeights, preprocessing: Preprocessing) -> ModelCard:
    """What is known of weights out of a file: of the usual ones, the architecture alone."""
    return replace(
        card,
        parameters=sum(parameter.numel() for parameter in matched.module.parameters()),
        classes=matched.classes,
        input_size=preprocessing.input_size,
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
