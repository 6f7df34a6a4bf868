"""Controls of declared choices, checked against what is on offer; others live under a key of the session alone."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from featviz.ui.state.lost_choices import note_if_lost
from featviz.ui.state.theme import scaled
from featviz.ui.state.view_state import NONE, Entry

__all__ = [
    "choice",
    "index_number",
    "segments",
    "several",
    "several_or_default",
    "show",
    "whole_number",
]

_DRAWN = "_drawn_controls"
_NOT_ALL = "of which not all is here"


def _settle(
    key: Entry | str, options: Sequence[str], default: str | None, label: str, name: Callable[[str], str]
) -> str:
    """Make sure the choice under `key` is one of the options, and give the key of the session.

    A default that nobody touched gives way to another page's or network's; what somebody or a link chose stays
    wherever it is on offer. Where a link names what is not, that is said.
    """
    session_key = _session_key(key)
    missing = st.session_state.get(session_key) not in options
    if isinstance(key, Entry):
        key.follow(key.default if default is None else default, missing=missing)
        note_if_lost(key, missing, label, name(key.text).partition(" · ")[0])
    elif missing:
        st.session_state[session_key] = default
    _tell_browser(session_key, name(st.session_state[session_key]))
    return session_key


def _tell_browser(session_key: str, words: object = None) -> None:
    """Have the browser show what the session holds: it keeps the words it drew, and knows none on another page."""
    context = get_script_run_ctx()
    page = context.page_script_hash if context is not None else ""
    drawn = st.session_state.setdefault(_DRAWN, {})
    page_before, words_before = drawn.get(session_key, ("", None))
    words = words_before if words is None else words
    if (page_before, words_before) != (page, words):
        st.session_state[session_key] = st.session_state[session_key]
    drawn[session_key] = (page, words)


def choice(
    label: str,
    options: Sequence[str],
    *,
    key: Entry | str,
    default: str | None = None,
    name: Callable[[str], str] = str,
    **options_of_widget: Any,
) -> str:
    """A searchable list to choose one option from.

    Args:
        label: what people call the choice.
        options: what is on offer here.
        key: a declared choice, or a key of the session.
        default: taken where the choice is none of these; a declared choice's own if not given.
        name: what people call an option.
        options_of_widget: further ones, as Streamlit calls them.
    """
    session_key = _settle(key, options, default, label, name)
    st.selectbox(
        label, options, key=session_key, format_func=name, persist_state="session", **options_of_widget
    )
    return str(st.session_state[session_key])


def segments(
    label: str,
    options: Sequence[str],
    *,
    key: Entry | str,
    default: str | None = None,
    name: Callable[[str], str] = str,
    **options_of_widget: Any,
) -> str:
    """A row of few options, all visible, of which one is chosen; arguments as `choice`."""
    session_key = _settle(key, options, default, label, name)
    st.segmented_control(
        label,
        options,
        key=session_key,
        format_func=name,
        persist_state="session",
        required=True,
        **options_of_widget,
    )
    return str(st.session_state[session_key])


def several(
    label: str, options: Sequence[str], *, key: Entry, limit: int, **options_of_widget: Any
) -> list[str]:
    """A searchable list to choose a few options from; an address holds them separated by commas."""
    names = [name for name in dict.fromkeys(key.text.split(",")) if name]
    known = [name for name in names if name in options][:limit]
    st.session_state[key.key] = known
    note_if_lost(key, known != names, label, ", ".join(known) or "Nothing", why=_NOT_ALL)
    st.multiselect(
        label,
        options,
        key=key.key,
        max_selections=limit,
        select_all=False,
        persist_state="session",
        **options_of_widget,
    )
    return list(st.session_state[key.key])


def several_or_default(
    label: str,
    options: Sequence[str],
    *,
    key: Entry,
    limit: int,
    default: Sequence[str],
    name: Callable[[str], str] = str,
    **options_of_widget: Any,
) -> list[str]:
    """The same, with a default that may change from image to image until a user chooses otherwise.

    Under `key` stands what was chosen, separated by commas, or nothing while the default holds.
    """
    widget, text = f"{key.key}.chosen", key.text

    def keep() -> None:
        key.keep(",".join(st.session_state[widget]) or NONE)

    known = [name for name in dict.fromkeys(text.split(",")) if name in options][:limit]
    lost = text not in ("", NONE) and known != text.split(",")
    note_if_lost(key, lost, label, ", ".join(map(name, known or default)) or "Nothing", why=_NOT_ALL)
    show(widget, known if known or text == NONE else list(default)[:limit])
    _tell_browser(widget, [name(each) for each in st.session_state[widget]])
    st.multiselect(
        label,
        options,
        key=widget,
        max_selections=limit,
        select_all=False,
        on_change=keep,
        format_func=name,
        **options_of_widget,
    )
    return list(st.session_state[widget])


def show(key: str, value: object) -> None:
    """Make the control under `key` show a value; one that shows it already is left alone while it is dragged."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    _tell_browser(key)


def index_number(label: str, key: str, value: int, count: int, on_change: Callable[[], None]) -> None:
    """A field for one of `count` numbers, counted from 0."""
    show(key, value)
    st.number_input(label, 0, count - 1, step=1, key=key, on_change=on_change, width=scaled(130))


def whole_number(key: Entry, low: int, high: int, default: int) -> int:
    """The whole number that was chosen, which an address or a click may have set, or the default."""
    text = key.text
    chosen = int(text) if re.fullmatch(r"-?[0-9]+", text) else low - 1
    number = chosen if low <= chosen <= high else default
    key.keep(number)
    note_if_lost(key, number != chosen, key.key.rpartition("_")[2].capitalize(), str(number))
    return number


def _session_key(key: Entry | str) -> str:
    return key.key if isinstance(key, Entry) else key
