"""Links: the address always names the present view, and opening it anywhere shows that view again.

When a session meets an address that it did not write itself, the address wins; otherwise the session does, and
the address is rewritten in place. What an address may say is declared with each view (`ui/state/view_state`).
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.ui.components.link_button.link_button import link_button
from featviz.ui.state.current_unit import forget_choices
from featviz.ui.state.feedback import before_end
from featviz.ui.state.lost_choices import remember_link
from featviz.ui.state.offered_links import changes_of
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.view_state import Entry, ViewState, entries_by_key

__all__ = ["open_link", "publish", "publish_if_ended"]

_WRITTEN = "_written_addresses"
_REMEMBERED = 200
_PAGE = "_page"


def open_link(views: Iterable[ViewState], page: str = "") -> None:
    """Take over the choices an address names, when this session did not write that address itself.

    Args:
        views: of all pages, for an address may also hold what another page asks.
        page: the title of the one that is opened.
    """
    moved = page != st.session_state.get(_PAGE, "")
    if moved:
        st.session_state[_PAGE] = page
    declared = entries_by_key((SHARED, *views))
    query = {key: text for key, text in st.query_params.items() if key in declared}
    changes = changes_of(urlencode(query)) if moved else None
    if changes is not None:
        _choose(changes, declared)
        _remember(urlencode(query))
        return
    if not query or urlencode(query) in st.session_state.setdefault(_WRITTEN, {}):
        return
    for entry in declared.values():
        entry.forget()
    forget_choices()
    _take_over(query, declared)
    _remember(urlencode(query))


def publish_if_ended(slot: DeltaGenerator, view: ViewState) -> None:
    """Publish also where the page ends early, for want of weights or because it refuses; arguments as `publish`."""
    before_end(lambda: publish(slot, view))


def publish(slot: DeltaGenerator, view: ViewState) -> None:
    """Write the present choices into the address and draw the button that copies it.

    Args:
        slot: where the button goes.
        view: the page's; the network and the image stand in front of it.
    """
    query = urlencode(SHARED.query() | view.query())
    _remember(query)
    before_end(None)
    with slot:
        link_button(query)


def _choose(changes: Mapping[str, str], declared: Mapping[str, Entry]) -> None:
    """Do what a link of this session says and leave all else alone; an empty text goes back to the default."""
    for key in changes:
        declared[key].forget()
    _take_over(changes, declared)


def _take_over(query: Mapping[str, str], declared: Mapping[str, Entry]) -> None:
    """Keep what the texts of an address stand for; a key of today wins over an older one."""
    remember_link({declared[key].key: query[key] for key in _older_first(query, declared)})
    for key in _older_first(query, declared):
        choice = declared[key].read(query[key])
        if choice is not None:
            declared[key].keep(choice)


def _older_first(keys: Iterable[str], declared: Mapping[str, Entry]) -> list[str]:
    return sorted(keys, key=lambda key: declared[key].key == key)


def _remember(query: str) -> None:
    written = st.session_state.setdefault(_WRITTEN, {})
    written[query] = None
    while len(written) > _REMEMBERED:
        del written[next(iter(written))]
