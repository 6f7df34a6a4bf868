"""A pair of layers in words: how similar, how sure that is, whether chance explains it, how many images there were."""

from __future__ import annotations

import numpy as np
import streamlit as st

from featviz.render.charts.size_curve import size_curve_chart
from featviz.representation.comparison import CellEvidence, SimilarityMatrix
from featviz.representation.similarity import MEASURES
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.pages.compare.cell import CHANCE, PairOfLayers, best_of, number, p_text
from featviz.ui.pages.compare.evidence import PairEvidence
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_summary", "health"]

_FEW = 1.0
Sentence = tuple[str, str]
"""The name of an icon, and plain text."""


def draw_summary(matrix: SimilarityMatrix, pair: PairOfLayers, known: PairEvidence | None) -> None:
    """Draw the value of a pair and what is to be known of it.

    Args:
        matrix: of all pairs.
        pair: the chosen one.
        known: all that is known of it; None until it is computed.
    """
    evidence = None if known is None else known.found
    value = float(matrix.values[pair.row, pair.column])
    st.metric(MEASURES[matrix.measure].name, number(value))
    st.caption(_interval(evidence))
    for icon, sentence in [*health(matrix, pair, evidence), *_untrained(matrix, known)]:
        st.markdown(f":material/{icon}: {escape_markdown(sentence)}")
    if evidence is not None and evidence.curve is not None and len(evidence.curve.sizes) > 1:
        curve = evidence.curve
        figure = size_curve_chart(
            curve.sizes.astype(np.float64),
            curve.values,
            curve.spreads,
            y_title=MEASURES[matrix.measure].name,
            theme=chart_theme(),
        )
        chart(
            figure, alt="The similarity against the number of images it is computed from.", key="pair.curve"
        )


def health(
    matrix: SimilarityMatrix, pair: PairOfLayers, evidence: CellEvidence | None = None
) -> list[Sentence]:
    """What is to be known of a value: chance, the search for the best, images, held-out images, the biased value."""
    cell = pair.row, pair.column
    if not np.isfinite(matrix.values[cell]):
        return [("block", f"Undefined, because {_reason(matrix, pair)}")]
    return [
        *_chance(matrix, cell, evidence),
        *_search(matrix, pair),
        _images(matrix, cell),
        *_held_out(evidence),
        *_biased(matrix, cell),
    ]


def _untrained(matrix: SimilarityMatrix, known: PairEvidence | None) -> list[Sentence]:
    if known is None or known.untrained is None:
        return []
    said = f"With random weights, this layer of {matrix.model_b} has {number(known.untrained)}."
    return [("shuffle", said)]


def _interval(evidence: CellEvidence | None) -> str:
    if evidence is None or evidence.interval is None:
        return "The interval is computed with what stands below."
    if not np.isfinite(evidence.interval).all():
        return "There are too few images for an interval."
    low, high = map(number, evidence.interval)
    return f"95% interval {low} to {high}, over images like these"


def _reason(matrix: SimilarityMatrix, pair: PairOfLayers) -> str:
    known = matrix.undefined_a.get(pair.layer_a) or matrix.undefined_b.get(pair.layer_b)
    return known or "one of the two layers gives the same for every image."


def _chance(matrix: SimilarityMatrix, cell: tuple[int, int], evidence: CellEvidence | None) -> list[Sentence]:
    if matrix.p_values is not None and matrix.chance is not None:
        p, mean, count = float(matrix.p_values[cell]), float(matrix.chance[cell]), f"{matrix.permutations} "
    elif evidence is not None and evidence.p_value is not None and evidence.chance is not None:
        p, mean, count = evidence.p_value, evidence.chance, ""
    else:
        return []
    paired = f"{count}random pairings of the images give {number(mean)} on average"
    if p < CHANCE:
        return [("verified", f"Not chance: {paired} ({p_text(p)}).")]
    return [("casino", f"It could be chance: {paired}, and {p:.0%} of them are as much alike ({p_text(p)}).")]


def _search(matrix: SimilarityMatrix, pair: PairOfLayers) -> list[Sentence]:
    column = best_of(matrix, pair.row)
    if column < 0:
        return []
    best = matrix.layers_b[column]
    which = "This is the most similar layer" if best == pair.layer_b else f"The most similar layer is {best}"
    if matrix.best_p is None:
        return [("search", f"{which} for {pair.layer_a}.")]
    p = p_text(float(matrix.best_p[pair.row]))
    searched = f"corrected for the {len(matrix.layers_b)} that were searched, {p}"
    return [("search", f"{which} for {pair.layer_a}; {searched}.")]


def _images(matrix: SimilarityMatrix, cell: tuple[int, int]) -> Sentence:
    p, q = matrix.dimensions_a[cell[0]], matrix.dimensions_b[cell[1]]
    ratio = f"n/p = {matrix.count / p:.3g} and {matrix.count / q:.3g}"
    said = f"{matrix.count:,} images for vectors of {p:,} and {q:,} numbers: {ratio}."
    if matrix.count / max(p, q) < _FEW:
        return "warning", f"{said} With fewer images than numbers, biased measures are far too high."
    return "photo_library", said


def _held_out(evidence: CellEvidence | None) -> list[Sentence]:
    if evidence is None or evidence.held_out is None:
        return []
    return [("rule", f"Fitted to half of the images, it is {number(evidence.held_out)} on the others.")]


def _biased(matrix: SimilarityMatrix, cell: tuple[int, int]) -> list[Sentence]:
    if matrix.biased is None or not np.isfinite(matrix.biased[cell]):
        return []
    return [("balance", f"The biased estimate of the same is {number(float(matrix.biased[cell]))}.")]
