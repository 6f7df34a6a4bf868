"""Which of the networks that were trained on this server a visitor is offered: those of runs that were asked for."""

from __future__ import annotations

import streamlit as st

from featviz.models.cards import ModelCard
from featviz.training.trained_source import SOURCE, trained_run
from featviz.ui.state.shared_view import SHARED

__all__ = ["is_offered", "offer_trained", "offered_names"]

_OFFERED = "_trained_networks"


def offer_trained(name: str) -> None:
    """Put a trained network on this visitor's list."""
    st.session_state.setdefault(_OFFERED, {})[name] = None


def is_offered(card: ModelCard) -> bool:
    """Whether a network stands on this visitor's list: all but what others trained; what a link names does too."""
    if card.source != SOURCE:
        return True
    return card.name in st.session_state.get(_OFFERED, {}) or card.name == SHARED["model"].text


def offered_names() -> list[str]:
    """Names of the trained networks on this visitor's list that are still kept."""
    return [name for name in st.session_state.get(_OFFERED, {}) if trained_run(name) is not None]
