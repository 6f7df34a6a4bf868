"""The page Visual search below its inputs: the query beside what it finds, and why."""

from __future__ import annotations

import streamlit as st

from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.pages.visual_search.query import choose_query, choose_way
from featviz.ui.pages.visual_search.results import Results, find
from featviz.ui.pages.visual_search.results_view import draw_results
from featviz.ui.pages.visual_search.similarity_map import draw_why

__all__ = ["draw_search"]

_WIDTHS = (2, 5)


def draw_search(found: EmbeddingResult) -> Results | None:
    """Draw the search; what it found, or None while there is nothing to search for."""
    by = choose_way(found)
    left, right = st.columns(_WIDTHS, gap="large")
    with left:
        query = choose_query(found, by)
    with right:
        if query is None:
            st.info(
                "Upload an image: the most similar ones appear here.",
                icon=":material/image_search:",
            )
            return None
        results = find(found, query)
        if results is None:
            return None
        if not results.neighbours:
            st.info("There is no other image in this set to be found.", icon=":material/info:")
        draw_results(found, results)
        draw_why(found, results)
    return results
