"""Controls of declared choices, checked against what is on offer; others live under a key of the session alone."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from featviz.ui.state.view_state import NONE, Entry

__all__ = [
    "choice",
    "index_number",
    "segments",
    "settle_choice",
    "several",
    "several_or_default",
    "show",
    "whole_number",
]


def settle_choice(key: Entry | str, options: Sequence[str], default: str | None = None) -> str:
    """Make sure the choice under `key` is one of the options, and give the key of the session.

    Args:
        key: a declared choice, or a key of the session.
        options: what is on offer here.
        default: taken where the choice is none of these; a declared choice's own if not given.
    """
    name = _session_key(key)
    if st.session_state.get(name) not in options:
        declared = key.default if isinstance(key, Entry) else None
        st.session_state[name] = declared if default is None else default
    return name


def choice(
    label: str,
    options: Sequence[str],
    *,
    key: Entry | str,
    default: str | None = None,
    name: Callable[[str], str] = str,
    **options_of_widget: Any,
) -> str:
    """A searchable list to choose one option from; arguments as `settle_choice`."""
    session_key = settle_choice(key, options, default)
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
    """A row of few options, all visible, of which one is chosen; arguments as `settle_choice`."""
    session_key = settle_choice(key, options, default)
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
    names = dict.fromkeys(key.text.split(","))
    st.session_state[key.key] = [name for name in names if name in options][:limit]
    st.multiselect(
        label, options, key=key.key, max_selections=limit, persist_state="session", **options_of_widget
    )
    return list(st.session_state[key.key])


def several_or_default(
    label: str,
    options: Sequence[str],
    *,
    key: Entry,
    limit: int,
    default: Sequence[str],
    **options_of_widget: Any,
) -> list[str]:
    """The same, with a default that may change from image to image until a user chooses otherwise.

    Under `key` stands what was chosen, separated by commas, or nothing while the default holds.
    """
    widget, text = f"{key.key}.chosen", key.text

    def keep() -> None:
        key.keep(",".join(st.session_state[widget]) or NONE)

    known = [name for name in dict.fromkeys(text.split(",")) if name in options][:limit]
    show(widget, known if known or text == NONE else list(default)[:limit])
    st.multiselect(label, options, key=widget, max_selections=limit, on_change=keep, **options_of_widget)
    return list(st.session_state[widget])


def show(key: str, value: object) -> None:
    """Make the control under `key` show a value; one that shows it already is left alone while it is dragged."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def index_number(label: str, key: str, value: int, count: int, on_change: Callable[[], None]) -> None:
    """A field for one of `count` numbers, counted from 0."""
    show(key, value)
    st.number_input(label, 0, count - 1, step=1, key=key, on_change=on_change, width=130)


def whole_number(key: Entry, low: int, high: int, default: int) -> int:
    """The whole number that was chosen, which an address or a click may have set, or the default."""
    try:
        number = int(key.text)
    except ValueError:
        number = default
    number = number if low <= number <= high else default
    key.keep(number)
    return number


def _session_key(key: Entry | str) -> str:
    return key.key if isinstance(key, Entry) else key
