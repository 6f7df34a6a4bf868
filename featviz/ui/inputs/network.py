"""The sidebar's choice of a network, its weights and its device."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.errors import BadInput, FeatvizError
from featviz.models.cards import ModelCard
from featviz.models.model import Model
from featviz.models.preprocessing import preprocessing_of
from featviz.models.sources.load import devices, list_models
from featviz.models.sources.registry import FILE, SOURCES
from featviz.text import printable
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.inputs.download import offer_download
from featviz.ui.state.feedback import end_page, escape_markdown, show_errors
from featviz.ui.state.models import (
    CHECKPOINT_MB,
    CHECKPOINT_TYPES,
    Upload,
    as_chosen,
    checkpoint_here,
    checkpoint_name,
    load,
)
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.training.trained import is_offered

__all__ = ["choose_model", "image_slot"]

_FEW_WEIGHTS = 3
_IMAGE_SLOT = "_image_slot"
_LABELS_MB = 1
_ASK = "Upload a checkpoint of this architecture in the sidebar: its weights are shown then."
_GONE = f"This link names a checkpoint that is not on this server any more. {_ASK}"


def choose_model() -> Model:
    """Draw the sidebar's controls of the network and load what they say; the page ends where that fails."""
    cards = {card.name: card for card in list_models() if is_offered(card)}
    st.session_state[_IMAGE_SLOT] = st.sidebar.container()
    with st.sidebar:
        st.subheader("Network", anchor=False)
        name = choice(
            "Network",
            list(cards),
            key=SHARED["model"],
            name=lambda name: _described(cards[name]),
            label_visibility="collapsed",
            help="Type to search. Three small networks come with featviz; the others are torchvision's, and ResNets "
            "for CIFAR.",
        )
        weights = _choose_weights(cards[name])
        device = _choose_device()
    with show_errors():
        uploaded = _choose_file() if weights == FILE else None
        if weights == FILE and uploaded is None:
            _require_checkpoint(name, device)
        fetch = SOURCES.of(cards[name]).weights(name)[weights].fetch
        if fetch is not None:
            offer_download(cards[name], fetch)
        model = load(name, weights, device, uploaded)
    return _as_chosen(model)


def _as_chosen(base: Model) -> Model:
    """The network with the preprocessing that was chosen; as it was, and why, where it cannot take that."""
    try:
        model = as_chosen(base)
    except FeatvizError as error:
        st.sidebar.warning(escape_markdown(str(error)), icon=":material/block:")
        model = base
    if model.weights == "checkpoint":
        seen = preprocessing_of(model.transform)
        assumed = " (assumed)" if "assumed" in (seen.size_basis, seen.statistics_basis) else ""
        st.sidebar.caption(
            f"Preprocessing{assumed}: {seen.size_text}, {seen.statistics_text}. Change it on the page Network."
        )
    return model


def image_slot() -> DeltaGenerator:
    """Where the choice of images stands: above that of the network, for it is changed more often."""
    slot: DeltaGenerator = st.session_state.pop(_IMAGE_SLOT, st.sidebar)
    return slot


def _described(card: ModelCard) -> str:
    name = card.short_name
    return f"{name} · bundled" if card.bundled else f"{name} · {card.parameters / 1e6:.1f} M"


def _choose_weights(card: ModelCard) -> str:
    offer = SOURCES.of(card).weights(card.name)
    draw = segments if len(offer.options) <= _FEW_WEIGHTS else choice
    weights = draw(
        "Weights",
        [each.id for each in offer.options],
        key=SHARED["weights"],
        default=offer.options[0].id,
        name=lambda weights: offer[weights].name,
        help=offer.help,
    )
    # Not in the words of the options: the closed box would keep those of the network before.
    if offer[weights].accuracy is not None:
        st.caption(f"Accuracy {offer[weights].accuracy:.1%}")
    return weights


def _choose_device() -> str:
    available = devices()
    if len(available) == 1:
        st.caption("Device: CPU")
        return "cpu"
    return segments("Device", available, key=SHARED["device"], default=available[0], name=str.upper)


def _choose_file() -> Upload | None:
    """The uploaded checkpoint and the class names that may come with it."""
    file = st.sidebar.file_uploader(
        "Checkpoint",
        type=CHECKPOINT_TYPES,
        max_upload_size=CHECKPOINT_MB,
        help="A state dict of this architecture; it is read as data, never run.",
    )
    labels = st.sidebar.file_uploader(
        "Class names (optional)",
        type=["txt"],
        max_upload_size=_LABELS_MB,
        help="A text file, one name per line, in order.",
    )
    if file is None:
        return None
    classes = () if labels is None else _lines(labels.getvalue())
    return Upload(f"{file.file_id} {labels and labels.file_id}", file.name, file.getvalue(), classes)


def _require_checkpoint(name: str, device: str) -> None:
    """Say which checkpoint is in use though the field is empty, as on another page; without any, ask for one."""
    if checkpoint_here(name, device):
        in_use = escape_markdown(checkpoint_name()) or "the checkpoint that the link names"
        st.sidebar.caption(f":material/check: In use: {in_use}")
        return
    if SHARED["checkpoint"].text and not checkpoint_name():
        st.warning(_GONE, icon=":material/link_off:")
    else:
        st.info(_ASK, icon=":material/upload_file:")
    end_page()


def _lines(text: bytes) -> tuple[str, ...]:
    """The class names in a file, each as text that is fit to be shown."""
    if len(text) > _LABELS_MB << 20:
        raise BadInput(f"The class names exceed {_LABELS_MB} MB: open a text file with one name per line.")
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(
            "The class names are no UTF-8 text: save them as a plain text file, one per line."
        ) from error
    return tuple(printable(line.strip()) for line in lines if line.strip())
