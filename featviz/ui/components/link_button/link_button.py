"""The button that copies a link to the present view, and keeps the browser's address in step with it."""

from pathlib import Path

import streamlit as st

__all__ = ["link_button"]

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "featviz_link",
    html="<button type='button'></button>",
    css=(_HERE / "links.css").read_text(encoding="utf-8"),
    js=(_HERE / "links.js").read_text(encoding="utf-8"),
)


def link_button(query: str) -> None:
    """Put the present view into the browser's address, in place, and draw the button that copies it.

    Args:
        query: what follows the question mark, percent-encoded.
    """
    _component(key="link", data={"query": query}, height="content")
