"""A pair of layers in words: how similar, whether chance explains it, how many images there were for the numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from featviz.representation.comparison import SimilarityMatrix
from featviz.representation.similarity import MEASURES
from featviz.ui.pages.compare.cell import CHANCE, PairOfLayers, number, p_text
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_summary", "health"]

_FEW = 1.0


def draw_summary(matrix: SimilarityMatrix, pair: PairOfLayers) -> None:
    """Draw the value of a pair and what is to be known of it."""
    value = matrix.values[pair.row, pair.column]
    st.metric(MEASURES[matrix.measure].name, number(value), border=True)
    for icon, sentence in health(matrix, pair):
        st.markdown(f":material/{icon}: {escape_markdown(sentence)}")


def health(matrix: SimilarityMatrix, pair: PairOfLayers) -> list[tuple[str, str]]:
    """What is to be known of a value, each with an icon: chance, the search for the best, images, the biased value."""
    cell = pair.row, pair.column
    if not np.isfinite(matrix.values[cell]):
        return [("block", "Undefined, because one of the two layers gives the same for every image.")]
    return [*_chance(matrix, cell), *_search(matrix, pair), _images(matrix, cell), *_biased(matrix, cell)]


def _chance(matrix: SimilarityMatrix, cell: tuple[int, int]) -> list[tuple[str, str]]:
    if matrix.p_values is None or matrix.chance is None:
        return []
    p, mean = float(matrix.p_values[cell]), number(matrix.chance[cell])
    paired = f"{matrix.permutations} random pairings of the images give {mean} on average"
    if p < CHANCE:
        return [("verified", f"Not chance: {paired} ({p_text(p)}).")]
    return [("casino", f"It could be chance: {paired}, and {p:.0%} of them give as much ({p_text(p)}).")]


def _search(matrix: SimilarityMatrix, pair: PairOfLayers) -> list[tuple[str, str]]:
    if matrix.best is None or matrix.best_p is None or matrix.best[pair.row] < 0:
        return []
    best, p = matrix.layers_b[matrix.best[pair.row]], float(matrix.best_p[pair.row])
    which = "This is the most similar layer" if best == pair.layer_b else f"The most similar layer is {best}"
    searched = f"corrected for the {len(matrix.layers_b)} that were searched, {p_text(p)}"
    return [("search", f"{which} for {pair.layer_a}; {searched}.")]


def _images(matrix: SimilarityMatrix, cell: tuple[int, int]) -> tuple[str, str]:
    p, q = matrix.dimensions_a[cell[0]], matrix.dimensions_b[cell[1]]
    ratio = f"n/p = {matrix.count / p:.3g} and {matrix.count / q:.3g}"
    said = f"{matrix.count:,} images for vectors of {p:,} and {q:,} numbers: {ratio}."
    if matrix.count / max(p, q) < _FEW:
        return "warning", f"{said} With fewer images than numbers, biased measures are far too high."
    return "photo_library", said


def _biased(matrix: SimilarityMatrix, cell: tuple[int, int]) -> list[tuple[str, str]]:
    if matrix.biased is None or not np.isfinite(matrix.biased[cell]):
        return []
    return [("balance", f"The biased estimate of the same is {number(matrix.biased[cell])}.")]
