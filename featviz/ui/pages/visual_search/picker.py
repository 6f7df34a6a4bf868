"""A handful of the set's images to search with, and a field for any of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.gallery.gallery import Tile, image_gallery
from featviz.ui.inputs.controls import index_number
from featviz.ui.inputs.embedding_task import EmbeddingResult

__all__ = ["draw_picker"]

_HANDFUL = 10
_TILE = 56
_TURN = "search.handful"
_FIELD = "search.image"


def draw_picker(embedding: EmbeddingResult, row: int, on_pick: Callable[[int], None]) -> None:
    """Draw the choice of another image.

    Args:
        embedding: the set.
        row: the image that is searched with.
        on_pick: takes the row of another, before the page runs again.
    """
    address = thumbnail_address(embedding.chosen)
    turn = int(st.session_state.get(_TURN, 0))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index_number(
            "Image" if address else "Row",
            _FIELD,
            row,
            len(embedding),
            lambda: on_pick(int(st.session_state[_FIELD])),
        )
        if address is not None:
            st.button(
                "Others",
                icon=":material/casino:",
                on_click=lambda: st.session_state.__setitem__(_TURN, turn + 1),
                help="Another handful, by chance.",
            )
    if address is None:
        return
    rows = np.random.default_rng(turn).permutation(len(embedding))[:_HANDFUL].tolist()
    labels = embedding.embeddings.labels
    image_gallery(
        [Tile(each, f"{address}{each}", labels[each] or "") for each in rows],
        key="search.picker",
        on_pick=on_pick,
        size=_TILE,
        selected=row if row in rows else None,
    )
