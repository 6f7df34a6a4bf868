"""What a link names and this server does not have: said under the title, with what is shown instead.

A link's choices are remembered as they came. The control that misses one says so here, once; the sentence stays
until somebody chooses otherwise or opens another link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from featviz.text import printable
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.view_state import Entry

__all__ = ["draw_losses", "note_if_lost", "remember_link"]

_REQUESTED, _LOST, _SLOT = "_asked_by_link", "_lost_choices", "_lost_slot"
_LONGEST = 60
_OF_NO_NETWORK = ("image", "set")


@dataclass(frozen=True, eq=False)
class _Loss:
    """A sentence on a choice, and the choice's text for as long as it holds."""

    entry: Entry
    sentence: str
    shown: str


def remember_link(texts: Mapping[str, str]) -> None:
    """A link was opened, which names these texts by key; an empty one asks for nothing. Older links are forgotten."""
    st.session_state[_REQUESTED] = {key: text for key, text in texts.items() if text}
    st.session_state[_LOST] = {}


def note_if_lost(entry: Entry, lost: bool, label: str, shown: str, *, why: str = "which is not here") -> bool:
    """Say it where a link names a choice that cannot be shown; whether a link does.

    Args:
        entry: the choice, which by now is what is shown instead.
        lost: whether what was chosen is not here; if it is, what the link asked for does not count any more.
        label: what people call the choice, such as "Layer".
        shown: what people call what is shown instead.
        why: it cannot be shown.
    """
    requested = st.session_state.get(_REQUESTED, {}).pop(entry.key, None)
    if requested is None or not lost:
        return False
    if entry is SHARED["model"]:
        # its weights and layers are missing with it, and one sentence is enough
        remaining = {key: text for key, text in st.session_state[_REQUESTED].items() if key in _OF_NO_NETWORK}
        st.session_state[_REQUESTED] = remaining
    quoted = escape_markdown(printable(requested, _LONGEST))
    sentence = f"This link asks for **{label}: {quoted}**, {why}. {escape_markdown(shown)} is shown instead."
    _losses()[entry.key] = _Loss(entry, sentence, entry.text)
    context = get_script_run_ctx()
    if context is not None and not context.fragment_ids_this_run:
        _write()
    return True


def draw_losses() -> None:
    """Draw the sentences that still hold, and keep their place for those to come."""
    shown = {key: each for key, each in _losses().items() if each.entry.text == each.shown}
    st.session_state[_LOST] = shown
    st.session_state[_SLOT] = st.empty()
    _write()


def _losses() -> dict[str, _Loss]:
    losses: dict[str, _Loss] = st.session_state.setdefault(_LOST, {})
    return losses


def _write() -> None:
    slot = st.session_state.get(_SLOT)
    if slot is not None and _losses():
        said = "\n\n".join(each.sentence for each in _losses().values())
        slot.warning(said, icon=":material/link_off:")
