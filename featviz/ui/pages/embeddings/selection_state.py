"""What a user picked on a map: the pinned point, and the points inside a lasso or a box."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.ui.components.scatter.event import ScatterEvent, inside, read_event
from featviz.ui.pages.embeddings.points import Points
from featviz.ui.pages.embeddings.view_state import VIEW

__all__ = ["SCATTER", "clear_selection", "has_news", "pin", "pinned", "selected", "take_news"]

SCATTER = "embedding.map"
_SERIAL, _SELECTED = "_map_serial", "_map_selected"


def has_news() -> bool:
    """Whether a user has picked something that was not taken up yet."""
    return _event().serial not in (0, st.session_state.get(_SERIAL))


def take_news(points: Points, coordinates: NDArray[np.float32], shown: NDArray[np.bool_] | None) -> None:
    """Take up what was picked last, once.

    Args:
        points: of the map.
        coordinates: (n, 2) or (n, 3), as the map is drawn.
        shown: (n,) which points are drawn; None are all.
    """
    event = _event()
    news = has_news()
    st.session_state[_SERIAL] = event.serial
    if not news:
        return
    if event.pinned is not None:
        pin(event.pinned if event.pinned < len(points) else None)
    elif event.polygon is None and event.box is None:
        pin(None)
        clear_selection()
    elif event.axes is not None or coordinates.shape[1] == 2:
        VIEW["find"].keep("")
        st.session_state[_SELECTED] = (points.key, inside(coordinates, event, shown))


def pinned(points: Points) -> int | None:
    """The pinned point; an address may name any."""
    text = VIEW["pin"].text
    row = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
    return row if 0 <= row < len(points) else None


def pin(row: int | None) -> None:
    """Pin a point, or none."""
    VIEW["pin"].keep("" if row is None else str(row))


def selected(points: Points) -> NDArray[np.intp]:
    """The selected points, ascending: those whose label is looked for, or else those that were circled."""
    looked_for = points.labeled(VIEW["find"].text)
    if len(looked_for):
        return looked_for
    key, rows = st.session_state.get(_SELECTED, (None, ()))
    return np.asarray(rows if key == points.key else (), np.intp)


def clear_selection() -> None:
    """Select nothing."""
    VIEW["find"].keep("")
    st.session_state.pop(_SELECTED, None)


def _event() -> ScatterEvent:
    state: Any = st.session_state.get(SCATTER)
    return read_event(None if state is None else state.get("event"))
