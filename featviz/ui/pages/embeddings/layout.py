"""Where the parts of the Embeddings page stand: the map, its colours beside it, and what is known of it below."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

__all__ = ["map_and_side"]

_PAGE, _FACTS = "map_page", "map_facts"
_COLUMNS = f".st-key-{_PAGE} > * > .stHorizontalBlock"
_STACKED = f"""<style>
@media (max-width: 640px) {{
  {_COLUMNS} {{ flex-flow: column nowrap; }}
  {_COLUMNS} > .stColumn, {_COLUMNS} > .stColumn > .stVerticalBlock {{ display: contents; }}
  {_COLUMNS} > .stColumn > .stVerticalBlock > :has(> .st-key-{_FACTS}) {{ order: 1; }}
}}
</style>"""
"""On a phone the columns are taken apart: the legend follows the map at once, what is known of it comes last."""


@contextmanager
def map_and_side() -> Iterator[tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]]:
    """Three places: for the map, beside it, and below the map."""
    st.html(_STACKED)
    with st.container(key=_PAGE):
        screen, side = st.columns([3, 1], gap="medium")
        with screen:
            above, below = st.container(), st.container(key=_FACTS)
        yield above, side, below
