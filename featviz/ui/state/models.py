"""The networks that all sessions share, each loaded once while it stays in the cache."""

import hashlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from featviz.errors import BadCheckpoint, FeatvizError
from featviz.models.ensemble import ensemble
from featviz.models.model import Model
from featviz.models.preprocessing import parsed_statistics, preprocessing_of
from featviz.models.sources.choices import with_preprocessing
from featviz.models.sources.load import devices, load_model, model_card
from featviz.models.sources.registry import FILE, SOURCES
from featviz.text import printable
from featviz.ui.state.cache import MODELS
from featviz.ui.state.feedback import cached_compute
from featviz.ui.state.process import settle
from featviz.ui.state.shared_view import DEFAULT_MODEL, SHARED

__all__ = [
    "CHECKPOINT_MB",
    "CHECKPOINT_TYPES",
    "CheckpointHere",
    "Upload",
    "as_chosen",
    "before_choices",
    "checkpoint_here",
    "checkpoint_name",
    "checkpoints_here",
    "load",
    "load_checkpoint",
    "load_default",
    "load_random_twin",
    "load_together",
    "take_checkpoint",
]

CHECKPOINT_TYPES = ("safetensors", "pt", "pth", "ckpt")
"""How the files of checkpoints end."""

CHECKPOINT_MB = 400
"""How large a checkpoint may be."""

_DIGESTED, _NAMES = "_digested_upload", "_checkpoint_names"
_TAKEN, _OPENED = "_taken_checkpoint", "_opened_checkpoints"
_OF_CHECKPOINTS = ("input_size", "statistics", "outputs")
_SHARED_BYTES = 1 << 20  # the weights are those of the network before


@dataclass(frozen=True)
class Upload:
    """A user's checkpoint: an id that changes with the file, its name and bytes, the names of its classes."""

    id: str
    name: str
    data: bytes
    classes: tuple[str, ...]


@dataclass(frozen=True)
class CheckpointHere:
    """A checkpoint that this visitor uploaded, or opened by a link.

    Attributes:
        model: the name of its architecture.
        digest: of the file, as a link names it.
        file: what the file is called; "" where another session uploaded it.
        fingerprint: of the network.
    """

    model: str
    digest: str
    file: str
    fingerprint: str


def load(name: str, weights: str, device: str, upload: Upload | None = None) -> Model:
    """A network with the weights a user chose.

    Args:
        name: a network's name.
        weights: "pretrained", "random", "file", or a stage of a bundled network.
        device: a device's name.
        upload: the user's file, or None where a link names one that was loaded before.

    Raises:
        FeatvizError: as `load_model`; or a link names a file that this server no longer has.
    """
    digest = _digest(upload) if weights == FILE else ""
    return _load(name, weights, device, digest, upload)


def take_checkpoint(name: str, upload: Upload) -> str:
    """Keep a file beside the one of the sidebar until `load_checkpoint` reads it, and give its digest."""
    digest = _name_upload(upload)
    st.session_state[_TAKEN] = (name, digest, upload)
    return digest


def load_checkpoint(name: str, digest: str, device: str) -> Model:
    """A network with the weights of a file that was taken, or that was loaded before.

    Raises:
        FeatvizError: as `load_model`; or the file is not here any more.
    """
    *taken, upload = st.session_state.get(_TAKEN, ("", "", None))
    if not checkpoint_here(name, device, digest) and taken != [name, digest]:
        raise BadCheckpoint("This checkpoint is not on this server any more: upload it again.", code="gone")
    model = _load(name, FILE, device, digest, upload)
    st.session_state.pop(_TAKEN, None)
    return model


def checkpoints_here(device: str) -> list[CheckpointHere]:
    """The checkpoints of this visitor that are still on this server, the last one first."""
    opened = st.session_state.get(_OPENED, {})
    return [
        CheckpointHere(name, digest, checkpoint_name(digest), fingerprint)
        for (name, digest), fingerprint in reversed(opened.items())
        if checkpoint_here(name, device, digest)
    ]


def checkpoint_here(name: str, device: str, digest: str = "") -> bool:
    """Whether this server still has a checkpoint; without a digest, the one of the sidebar or of its link."""
    return MODELS.get(_key(name, FILE, device, digest or SHARED["checkpoint"].text)) is not None


def checkpoint_name(digest: str = "") -> str:
    """What the file of a checkpoint, or of the sidebar's, is called; "" where another session uploaded it, or none."""
    return str(st.session_state.get(_NAMES, {}).get(digest or SHARED["checkpoint"].text, ""))


def as_chosen(base: Model) -> Model:
    """The network of a checkpoint with the preprocessing and the kind of outputs that were chosen for it.

    Raises:
        FeatvizError: it cannot take images of the chosen size; that choice is forgotten.
    """
    if base.weights != "checkpoint":
        _forget_choices()
        return base
    choices = _choices(base)
    if not choices:
        return base
    key = ("as chosen", base.fingerprint, base.classes, str(base.device), *choices.items())
    try:
        return cached_compute(
            MODELS,
            key,
            lambda: _ready(with_preprocessing(base, **choices)),
            lambda _: _SHARED_BYTES,
            doing="Changing the preprocessing",
        )
    except FeatvizError:
        SHARED["input_size"].forget()
        raise


def before_choices(model: Model) -> Model:
    """The same network of a checkpoint as its file alone makes it."""
    key = _key(model.name, FILE, str(model.device), SHARED["checkpoint"].text)
    found: Model | None = MODELS.get(key)
    return model if found is None else found


def _choices(base: Model) -> dict[str, Any]:
    """What was chosen otherwise than the file and the architecture have it, as arguments."""
    usual = preprocessing_of(base.transform)
    chosen: dict[str, Any] = {}
    if SHARED["input_size"].text not in ("", str(usual.input_size)):
        chosen["input_size"] = int(SHARED["input_size"].text)
    if SHARED["statistics"].text:
        mean, std = parsed_statistics(SHARED["statistics"].text)
        chosen |= {"mean": mean, "std": std} if (mean, std) != (usual.mean, usual.std) else {}
    if SHARED["outputs"].text not in ("", base.outputs):
        chosen["outputs"] = SHARED["outputs"].text
    return chosen


def _forget_choices() -> None:
    for key in _OF_CHECKPOINTS:
        SHARED[key].forget()


def load_default() -> None:
    """Load the network that a first user sees."""
    weights, device = model_card(DEFAULT_MODEL).stages[-1], devices()[0]
    key = _key(DEFAULT_MODEL, weights, device, "")
    MODELS.compute(key, lambda: _make(DEFAULT_MODEL, weights, device, None), _bytes)


def load_random_twin(model: Model) -> Model:
    """The same architecture with random weights, of another seed where the network's own are random too."""
    seed, device = int(model.weights == "random, seed 0"), str(model.device)
    return cached_compute(
        MODELS,
        _key(model.name, f"random, seed {seed}", device, ""),
        lambda: _ready(load_model(model.name, weights=None, device=device, seed=seed)),
        _bytes,
        doing=f"Loading {model.name}",
    )


def load_together(models: tuple[Model, ...]) -> Model:
    """Several networks that answer as one, as `ensemble` makes it."""
    key = ("together", str(models[0].device), *((model.name, model.fingerprint) for model in models))
    return cached_compute(MODELS, key, lambda: _ready(ensemble(models)), _bytes, doing="Joining the networks")


def _load(name: str, weights: str, device: str, digest: str, upload: Upload | None) -> Model:
    model = cached_compute(
        MODELS,
        _key(name, weights, device, digest),
        lambda: _make(name, weights, device, upload),
        _bytes,
        doing=f"Loading {name}",
        reads=True,
    )
    if digest:
        st.session_state.setdefault(_OPENED, {})[name, digest] = model.fingerprint
    return model


def _key(name: str, weights: str, device: str, digest: str) -> tuple[str, ...]:
    return ("model", name, weights, device, digest)


def _make(name: str, weights: str, device: str, upload: Upload | None) -> Model:
    if weights == FILE and upload is None:
        raise BadCheckpoint(
            "Upload a checkpoint of this architecture in the sidebar: its weights are shown then."
        )
    argument = SOURCES.of(model_card(name)).weights(name)[weights].argument
    classes = upload.classes if upload else ()
    return _ready(
        load_model(name, weights=upload.data if upload else argument, device=device, classes=classes)
    )


def _ready(model: Model) -> Model:
    # Computed here, behind the gate and once for everybody, not in the first page that asks.
    _ = model.layers, model.fingerprint
    settle()
    return model


def _bytes(model: Model) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in model.module.state_dict().values())


def _digest(upload: Upload | None) -> str:
    """Which file is meant: the one uploaded now, or the one a link names; read through once per upload."""
    if upload is not None and st.session_state.get(_DIGESTED) != upload.id:
        digest = _name_upload(upload)
        if SHARED["checkpoint"].text not in ("", digest):
            _forget_choices()  # they belonged to another file
        SHARED["checkpoint"].keep(digest)
        st.session_state[_DIGESTED] = upload.id
    return SHARED["checkpoint"].text


def _name_upload(upload: Upload) -> str:
    """The digest of a file and of its classes' names, under which the session remembers what it is called."""
    digest = hashlib.sha256(upload.data)
    digest.update("\n".join(upload.classes).encode())
    text = digest.hexdigest()[:32]
    st.session_state.setdefault(_NAMES, {})[text] = printable(upload.name)
    return text
