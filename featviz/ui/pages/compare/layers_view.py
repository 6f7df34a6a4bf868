"""The view of layers: the heat map, the chosen pair, and the evidence behind it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from featviz.representation.comparison import SimilarityMatrix
from featviz.ui.pages.compare.cell import chosen_pair
from featviz.ui.pages.compare.evidence_view import draw_evidence
from featviz.ui.pages.compare.files import draw_matrix_files
from featviz.ui.pages.compare.matrix_view import draw_heat_map, draw_pair_choice
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.summary import draw_summary
from featviz.ui.pages.compare.tasks import POLICY, known_evidence, known_matrix, matrix_task
from featviz.ui.pages.compare.view_state import VIEW
from featviz.ui.state.live import live

__all__ = ["draw_layers"]


def draw_layers(request: ComparisonRequest) -> None:
    """Draw the similarity of all pairs of layers, and all that is known of the chosen one."""
    left, right = st.columns([5, 3], gap="medium")
    with left:
        live(matrix_task(request), partial(_draw, request), policy=POLICY, offer="Compare")
    matrix = known_matrix(request)
    if matrix is None:
        return
    pair = chosen_pair(matrix)
    with left:
        draw_matrix_files(request, matrix)
    st.divider()
    draw_evidence(request, matrix, pair)
    # after the evidence, which may be there by now
    with right:
        draw_pair_choice(request, pair)
        draw_summary(matrix, pair, known_evidence(request, matrix, pair, VIEW["compared_projection"].text))


def _draw(request: ComparisonRequest, matrix: SimilarityMatrix) -> None:
    draw_heat_map(request, matrix)
