"""Controls whose value lives in the session under a short key, checked against what is on offer."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

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

_NONE = "none"


def settle_choice(key: str, options: Sequence[str], default: str) -> str:
    """Make sure the choice under `key` is one of the options: an address may say anything."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = default
    return str(st.session_state[key])


def choice(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    default: str,
    name: Callable[[str], str] = str,
    **options_of_widget: Any,
) -> str:
    """A searchable list to choose one option from."""
    settle_choice(key, options, default)
    st.selectbox(label, options, key=key, format_func=name, persist_state="session", **options_of_widget)
    return str(st.session_state[key])


def segments(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    default: str,
    name: Callable[[str], str] = str,
    **options_of_widget: Any,
) -> str:
    """A row of few options, all visible, of which one is chosen."""
    settle_choice(key, options, default)
    st.segmented_control(
        label, options, key=key, format_func=name, persist_state="session", required=True, **options_of_widget
    )
    return str(st.session_state[key])


def several(
    label: str, options: Sequence[str], *, key: str, most: int, **options_of_widget: Any
) -> list[str]:
    """A searchable list to choose a few options from; an address holds them separated by commas."""
    chosen = st.session_state.get(key, [])
    names = chosen.split(",") if isinstance(chosen, str) else list(chosen)
    st.session_state[key] = [name for name in dict.fromkeys(names) if name in options][:most]
    st.multiselect(label, options, key=key, max_selections=most, persist_state="session", **options_of_widget)
    return list(st.session_state[key])


def several_or_default(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    most: int,
    default: Sequence[str],
    **options_of_widget: Any,
) -> list[str]:
    """The same, with a default that may change from picture to picture until a visitor chooses otherwise.

    Under `key` stands what was chosen, separated by commas, or nothing while the default holds.
    """
    widget, text = f"{key}.chosen", str(st.session_state.get(key, ""))

    def keep() -> None:
        st.session_state[key] = ",".join(st.session_state[widget]) or _NONE

    known = [name for name in dict.fromkeys(text.split(",")) if name in options][:most]
    show(widget, known if known or text == _NONE else list(default)[:most])
    st.multiselect(label, options, key=widget, max_selections=most, on_change=keep, **options_of_widget)
    return list(st.session_state[widget])


def show(key: str, value: object) -> None:
    """Make the control under `key` show a value; one that shows it already is left alone while it is dragged."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def index_number(label: str, key: str, value: int, count: int, on_change: Callable[[], None]) -> None:
    """A field for one of `count` numbers, counted from 0."""
    show(key, value)
    st.number_input(label, 0, count - 1, step=1, key=key, on_change=on_change, width=130)


def whole_number(key: str, low: int, high: int, default: int) -> int:
    """The whole number kept under `key`, which an address or a click may have set, or the default."""
    try:
        number = int(st.session_state.get(key, default))
    except (TypeError, ValueError):
        number = default
    st.session_state[key] = number if low <= number <= high else default
    return int(st.session_state[key])
