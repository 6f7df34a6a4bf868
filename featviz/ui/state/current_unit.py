"""The current unit: the layer and the channel chosen last, on whichever page, with which other pages open.

A page announces that a unit is chosen there, settles which once it is known, and takes up one that was chosen
elsewhere since it was last looked at. What nobody chose, such as the layer a page opens with, is carried nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from featviz.explain.targets.units import Channel
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.view_state import Entry

__all__ = ["announce_unit", "current_unit", "forget_choices", "is_news", "settle_unit", "unit_to_take_up"]

_LAST, _ANNOUNCED = "_seen_choices", "_announced_unit"


def current_unit() -> Channel | None:
    """The unit chosen last; None where none was. An address may name one that no network has."""
    layer, _, channel = SHARED["current_unit"].text.rpartition("/")
    return Channel(layer, int(channel)) if layer else None


def announce_unit(page: str) -> None:
    """A unit was chosen on this page; which, `settle_unit` says as soon as the page has run."""
    st.session_state[_ANNOUNCED] = page


def settle_unit(page: str, unit: Channel) -> None:
    """Make the unit that a page shows the current one, where it was chosen there."""
    if st.session_state.get(_ANNOUNCED) == page:
        del st.session_state[_ANNOUNCED]
        SHARED["current_unit"].keep(f"{unit.layer}/{unit.channel}")
        _note(page, SHARED["current_unit"])  # no news to the page that shows it


def unit_to_take_up(
    page: str, entries: Iterable[Entry], exists: Callable[[Channel], bool] = lambda _: True
) -> Channel | None:
    """The current unit, if it was chosen elsewhere since this page last asked; what a link names itself wins.

    Args:
        page: its name.
        entries: the entries in which it holds its unit.
        exists: whether the page can show a unit; one that it cannot waits for another network.
    """
    unit = current_unit()
    if unit is not None and not exists(unit):
        return None
    if _is_first(page, SHARED["current_unit"]) and _chosen(entries):
        announce_unit(page)
    news = is_news(page, SHARED["current_unit"], entries)
    return unit if news and st.session_state.get(_ANNOUNCED) != page else None


def is_news(page: str, choice: Entry, entries: Iterable[Entry]) -> bool:
    """Whether a choice is another than when this page last asked; arguments as `unit_to_take_up`."""
    first, before = _is_first(page, choice), _note(page, choice)
    return choice.text not in ("", before) and not (first and _chosen(entries))


def forget_choices() -> None:
    """An address was opened: what it names itself is not overruled by what was chosen before."""
    st.session_state.pop(_LAST, None)
    st.session_state.pop(_ANNOUNCED, None)


def _note(page: str, choice: Entry) -> str:
    """Remember a choice as the last that a page has shown; the one before."""
    last_choices: dict[tuple[str, str], str] = st.session_state.setdefault(_LAST, {})
    before = last_choices.get((page, choice.key), "")
    last_choices[page, choice.key] = choice.text
    return before


def _is_first(page: str, choice: Entry) -> bool:
    return (page, choice.key) not in st.session_state.get(_LAST, {})


def _chosen(entries: Iterable[Entry]) -> bool:
    return any(entry.key in st.session_state for entry in entries)
