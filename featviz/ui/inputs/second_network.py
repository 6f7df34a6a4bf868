"""The choice of a second network, which is compared with the one of the sidebar."""

from __future__ import annotations

import re
from contextlib import nullcontext
from functools import cache, partial
from typing import Literal, NoReturn, overload

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.models.cards import ModelCard, training_moment
from featviz.models.model import Model
from featviz.models.sources.load import list_models, model_card
from featviz.models.sources.registry import FILE, SOURCES
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.download import offer_download
from featviz.ui.state.feedback import end_page
from featviz.ui.state.models import (
    CHECKPOINT_MB,
    CHECKPOINT_TYPES,
    CheckpointHere,
    Upload,
    before_choices,
    checkpoint_name,
    checkpoints_here,
    load,
    load_checkpoint,
    load_random_twin,
    take_checkpoint,
)
from featviz.ui.state.view_state import NONE, Text, ViewState

__all__ = [
    "SECOND",
    "choose_second",
    "described",
    "load_offered",
    "network_id",
    "offered_networks",
    "other_weights",
]

SECOND = ViewState("second network", second=Text(was=("against",)))
"""The second network, as name@weights; a checkpoint as name@digest."""

_RANDOM, _TWIN, _CHECKPOINT = "random", "another-seed", "checkpoint"
_OLDER = {"nothing": NONE, "other_seed": f"@{_TWIN}"}
_UPLOADER = "second_checkpoint"
_DIGEST = "[0-9a-f]{32}"
_HELP = (
    "Type to search. The same network with other weights, at other moments of its training, or another architecture: "
    "those that come with featviz, torchvision's, or a checkpoint of yours. A network compared with itself shows how "
    "its layers follow from one another."
)


_LABEL = "Compare with"


@overload
def choose_second(model: Model, box: DeltaGenerator | None = None, *, label: str = _LABEL) -> Model: ...


@overload
def choose_second(
    model: Model,
    box: DeltaGenerator | None = None,
    *,
    optional: Literal[True],
    at_first: str = NONE,
    label: str = _LABEL,
) -> Model | None: ...


def choose_second(
    model: Model,
    box: DeltaGenerator | None = None,
    *,
    optional: bool = False,
    at_first: str = NONE,
    label: str = _LABEL,
) -> Model | None:
    """Draw the choice of a network that is compared with another one, and load it.

    On offer is every network there is: the same one once more, those with the same classes, checkpoints that this
    visitor uploaded, the bundled ones at every moment of their training, and every architecture of every source. The
    page ends where weights must be downloaded or uploaded first.

    Args:
        model: the network that was chosen in the sidebar.
        box: where the control stands; if not given, here. What must come first stands here in any case.
        optional: whether no network at all may be chosen; None is given then.
        at_first: what holds at first where it is optional: none, or a network as the choice names it.
        label: what people call the choice.

    Raises:
        FeatvizError: it cannot be loaded, such as a checkpoint that a link names and this server has no more.
    """
    here, files = network_id(model), checkpoints_here(str(model.device))
    _forget_aliases(model, here)
    offered = [NONE] * optional + _offered(model, here, files)
    with nullcontext() if box is None else box:
        chosen = choice(
            label,
            offered,
            key=SECOND["second"],
            default=at_first if optional else _first(model, files, offered, here),
            name=lambda network: _shown(network, files) + " · itself" * (network == here),
            help=_HELP,
        )
    return None if chosen == NONE else model if chosen == here else _load(model, chosen)


def described(model: Model) -> str:
    """A network and its weights in words; checkpoints by what their files are called."""
    files = checkpoints_here(str(model.device)) if model.weights == _CHECKPOINT else []
    known = _file_of(model, files)
    return _shown(f"{model.name}@{known.digest if known else model.weights}", files)


def offered_networks(model: Model) -> dict[str, str]:
    """All networks that can be loaded at once, beside this one, by id and in words; the most alike first."""
    here, files = network_id(model), checkpoints_here(str(model.device))
    ids = [*_offered(model, here, files), *(f"{card.name}@{_TWIN}" for card in list_models() if card.bundled)]
    return {each: _shown(each, files) for each in dict.fromkeys(ids) if not _must_come(each, files)}


def load_offered(model: Model, network: str) -> Model:
    """A network out of `offered_networks(model)`.

    Raises:
        FeatvizError: it cannot be loaded.
    """
    return model if network == network_id(model) else _load(model, network)


def network_id(model: Model) -> str:
    """The network as choices and links name it."""
    if model.weights == _CHECKPOINT:
        files = checkpoints_here(str(model.device))
        known = _file_of(model, files)
        return f"{model.name}@{known.digest if known else _CHECKPOINT}"
    weights = _RANDOM if model.weights == "random, seed 0" else model.weights
    return f"{model.name}@{weights}"


def _file_of(model: Model, files: list[CheckpointHere]) -> CheckpointHere | None:
    """The checkpoint whose weights a network has, whatever was chosen of its preprocessing."""
    base = before_choices(model) if model.choices else model
    return next((each for each in files if each.fingerprint == base.fingerprint), None)


def other_weights(model: Model) -> str:
    """The same network with the first weights of its training that it does not have, or random ones of another seed."""
    stages = model.card.stages or (_RANDOM,)
    others = [stage for stage in stages if not model.weights.startswith(stage)]
    return f"{model.name}@{next(iter(others), _TWIN)}"


def _forget_aliases(model: Model, here: str) -> None:
    """Older links name weights of the same network alone, and random ones and checkpoints by their kind."""
    named = SECOND["second"].text
    if named and named != NONE and "@" not in named:
        older = _OLDER.get(named, f"@{named}")
        SECOND["second"].keep(f"{model.name}{older}" if older.startswith("@") else older)
    if SECOND["second"].text == f"{model.name}@{model.weights}" != here:
        SECOND["second"].keep(here)


def _offered(model: Model, here: str, files: list[CheckpointHere]) -> list[str]:
    """All networks: first those that are most like this one, and a checkpoint that a link names."""
    own = [f"{each.model}@{each.digest}" for each in files]
    named = SECOND["second"].text
    linked = [named] if _is_checkpoint(named) else []
    cards = sorted(list_models(), key=lambda card: (card.name != model.name, not card.bundled))
    rest = [f"{card.name}@{weights}" for card in cards for weights in _weights_of(card)]
    twin = [f"{model.name}@{_TWIN}"] if model.weights.startswith(_RANDOM) else []
    return list(dict.fromkeys((here, *linked, *own, *twin, *_alike(model), *rest)))


def _must_come(network: str, files: list[CheckpointHere]) -> bool:
    """Whether it has to be uploaded or downloaded first."""
    name, _, weights = network.rpartition("@")
    if _is_checkpoint(network):
        return (name, weights) not in {(each.model, each.digest) for each in files}
    if weights == _TWIN:
        return False
    options = {each.id: each for each in SOURCES.of(model_card(name)).weights(name).options}
    return weights not in options or weights == FILE or options[weights].fetch is not None


@cache
def _weights_of(card: ModelCard) -> tuple[str, ...]:
    """The ids of the weights that a network can have; read once, as pages ask for those of all networks."""
    return tuple(each.id for each in SOURCES.of(card).weights(card.name).options)


def _is_checkpoint(network: str) -> bool:
    """Whether a choice names a checkpoint by its digest, of an architecture there is."""
    name, _, weights = network.rpartition("@")
    return bool(re.fullmatch(_DIGEST, weights)) and name in {card.name for card in list_models()}


def _alike(model: Model) -> list[str]:
    return [f"{name}@{weights}" for name, weights in SOURCES.of(model.card).comparable(model)]


def _first(model: Model, files: list[CheckpointHere], offered: list[str], here: str) -> str:
    """Another checkpoint of this architecture, else another architecture of the same classes trained as far, else the
    same untrained, or trained if it is random.
    """
    own = [f"{each.model}@{each.digest}" for each in files if each.model == model.name]
    alike = _alike(model)
    others = [
        each for each in alike if not each.startswith(f"{model.name}@") and each.endswith(f"@{model.weights}")
    ]
    twin = f"{model.name}@{_RANDOM}"
    rest = [each for each in alike if each != twin] if model.weights.startswith(_RANDOM) else [twin, *alike]
    before = own if model.weights == _CHECKPOINT else []
    return next((each for each in (*before, *others, *rest) if each in offered and each != here), here)


def _shown(network: str, files: list[CheckpointHere]) -> str:
    """A choice in words."""
    if network == NONE:
        return "No other network"
    name, _, weights = network.rpartition("@")
    return f"{name.rpartition('/')[2]}, {_weights_in_words(weights, files)}"


def _weights_in_words(weights: str, files: list[CheckpointHere]) -> str:
    if weights == FILE:
        return "a checkpoint to upload"
    if weights == _TWIN:
        return "random, another seed"
    if not re.fullmatch(_DIGEST, weights):
        return training_moment(weights)
    file = checkpoint_name(weights)
    same_name = len({each.digest for each in files if each.file == file} | {weights}) > 1
    return file if file and not same_name else f"{file or _CHECKPOINT} ({weights[:6]})"


def _load(model: Model, chosen: str) -> Model:
    (name, _, weights), device = chosen.rpartition("@"), str(model.device)
    if _is_checkpoint(chosen):
        return load_checkpoint(name, weights, device)
    if weights == _TWIN:
        return load_random_twin(model if model.name == name else load(name, _RANDOM, device))
    card = model_card(name)
    if weights == FILE:
        _ask_for_checkpoint(card)
    fetch = SOURCES.of(card).weights(name)[weights].fetch
    if fetch is not None:
        offer_download(card, fetch, lambda weights: SECOND["second"].keep(f"{name}@{weights}"))
    return load(name, weights, device)


def _ask_for_checkpoint(card: ModelCard) -> NoReturn:
    st.file_uploader(
        f"Checkpoint of {card.short_name}, to compare with",
        type=CHECKPOINT_TYPES,
        max_upload_size=CHECKPOINT_MB,
        key=_UPLOADER,
        on_change=partial(_take, card.name),
        help="A state dict of this architecture; it is read as data, never run.",
    )
    end_page()


def _take(name: str) -> None:
    """Choose the file that was uploaded."""
    file = st.session_state.get(_UPLOADER)
    if file is not None:
        digest = take_checkpoint(name, Upload(file.file_id, file.name, file.getvalue(), ()))
        SECOND["second"].keep(f"{name}@{digest}")
