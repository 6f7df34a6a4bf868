"""The choices of the page Visual search as they are kept in the session, and what changes them together."""

from __future__ import annotations

import streamlit as st

__all__ = ["BOX", "BY", "FOUND", "IMAGE", "OWN", "SEARCH_KEYS", "UNIT", "forget_found", "search_with"]

BY, IMAGE, OWN = "search_by", "search_image", "search_own"
BOX, UNIT, FOUND = "search_box", "search_unit", "search_found"
SEARCH_KEYS = (BY, IMAGE, OWN, BOX, UNIT, FOUND, "search_most", "search_index")
"""What a link to this page holds, beside the network, the set and what embeds it."""


def search_with(row: int) -> None:
    """Make an image of the set the query."""
    st.session_state[BY] = "image"
    st.session_state[IMAGE] = row
    st.session_state[BOX] = ""
    forget_found()


def forget_found() -> None:
    """Look at the best result again, once another query is made."""
    st.session_state[FOUND] = ""
