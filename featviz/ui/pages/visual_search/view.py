"""The page Visual search below its inputs: the query beside what it finds, and why."""

from __future__ import annotations

import streamlit as st

from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.pages.visual_search.query import choose_query, choose_query_type
from featviz.ui.pages.visual_search.results import Results, find
from featviz.ui.pages.visual_search.results_view import draw_results
from featviz.ui.pages.visual_search.similarity_map import draw_similarity_map

__all__ = ["draw_search"]

_WIDTHS = (2, 5)


def draw_search(embedding: EmbeddingResult) -> Results | None:
    """Draw the search; what it found, or None while there is nothing to search for."""
    by = choose_query_type(embedding)
    left, right = st.columns(_WIDTHS, gap="large")
    with left:
        query = choose_query(embedding, by)
    with right:
        if query is None:
            st.info(
                "Upload an image: the most similar ones appear here.",
                icon=":material/image_search:",
            )
            return None
        results = find(embedding, query)
        if results is None:
            return None
        if not results.neighbors:
            st.info("There is no other image in this set to be found.", icon=":material/info:")
        draw_results(embedding, results)
        draw_similarity_map(embedding, results)
    return results
