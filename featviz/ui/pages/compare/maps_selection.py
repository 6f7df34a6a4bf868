"""One selection on two maps: what is picked or circled on either is so on both."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.ui.components.scatter.event import ScatterEvent, inside, read_event
from featviz.ui.pages.compare.evidence import PairEvidence, keep_image, shown_image

__all__ = ["MAPS", "circled", "emphasized", "take_picks"]

MAPS = ("pair.map.a", "pair.map.b")
"""The keys of both maps."""

_SERIALS, _CIRCLED = "_pair_map_serials", "_pair_circled"


def take_picks(evidence: PairEvidence) -> None:
    """Take up what was picked or circled last on either map, once."""
    serials: dict[str, int] = st.session_state.setdefault(_SERIALS, {})
    maps = evidence.found.maps
    for key, points in zip(MAPS, (maps.points_a, maps.points_b), strict=True):
        event = _event(key)
        if event.serial in (0, serials.get(key)):
            continue
        serials[key] = event.serial
        _take(event, evidence, points)


def emphasized(evidence: PairEvidence) -> NDArray[np.int64]:
    """The images that stand out on both maps: those circled, or else the one looked at and its neighbors in either."""
    ids, rows = st.session_state.get(_CIRCLED, (None, ()))
    if ids == evidence.found.ids and len(rows):
        return np.asarray(rows, np.int64)
    chosen, found = shown_image(evidence), evidence.found.neighborhoods
    return np.unique(np.concatenate([[chosen], found.neighbors_a[chosen], found.neighbors_b[chosen]]))


def circled(evidence: PairEvidence) -> int:
    """How many images are circled."""
    ids, rows = st.session_state.get(_CIRCLED, (None, ()))
    return len(rows) if ids == evidence.found.ids else 0


def _take(event: ScatterEvent, evidence: PairEvidence, points: NDArray[np.floating[Any]]) -> None:
    st.session_state.pop(_CIRCLED, None)
    if event.pinned is not None:
        if event.pinned < len(evidence.rows):
            keep_image(evidence, event.pinned)
    elif event.polygon is not None or event.box is not None:
        st.session_state[_CIRCLED] = (evidence.found.ids, inside(points, event))


def _event(key: str) -> ScatterEvent:
    state: Any = st.session_state.get(key)
    return read_event(None if state is None else state.get("event"))
