"""What stands behind the chosen pair of layers, drawn as it becomes known."""

from __future__ import annotations

from functools import partial

import streamlit as st

from featviz.representation.comparison import SimilarityMatrix
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.evidence import PairEvidence
from featviz.ui.pages.compare.maps_selection import take_picks
from featviz.ui.pages.compare.maps_view import draw_maps
from featviz.ui.pages.compare.matrix_view import EVIDENCE
from featviz.ui.pages.compare.neighbors_view import draw_neighbors
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.tasks import POLICY, evidence_task
from featviz.ui.pages.compare.units_view import draw_units
from featviz.ui.pages.compare.view_state import VIEW
from featviz.ui.state.live import live

__all__ = ["draw_evidence"]


def draw_evidence(request: ComparisonRequest, matrix: SimilarityMatrix, pair: PairOfLayers) -> None:
    """Draw images, maps and units behind a number."""
    task = evidence_task(request, matrix, pair, VIEW["compared_projection"].text)
    with st.container(key=EVIDENCE, gap="medium"):
        live(task, partial(_draw, request, pair), policy=POLICY, chosen=lambda: VIEW["compared_image"].text)


def _draw(request: ComparisonRequest, pair: PairOfLayers, evidence: PairEvidence) -> None:
    take_picks(evidence)
    draw_neighbors(request, pair, evidence)
    draw_maps(request, pair, evidence)
    draw_units(request, pair, evidence)
