"""The heat map of all pairs of layers, and beside it the chosen pair in words."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from featviz.render.colormaps import COLORMAPS, Colormap
from featviz.representation.comparison import SimilarityMatrix
from featviz.representation.similarity import measure_of
from featviz.ui.components.heat_map.heat_map import Matrix, heat_map
from featviz.ui.inputs.controls import show
from featviz.ui.pages.compare.cell import (
    CHANCE,
    PairOfLayers,
    best_of,
    chosen_pair,
    keep_pair,
    number,
    sentences,
)
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown

__all__ = [
    "DIMMED",
    "EVIDENCE",
    "FRAMED",
    "best_matches",
    "colormap_of",
    "could_be_chance",
    "draw_heat_map",
    "draw_pair_choice",
    "range_of",
]

EVIDENCE = "pair_evidence"
"""The container that shows the chosen pair."""

DIMMED = f"could be chance (p {CHANCE} or more)"
FRAMED = "most similar in its row"


def draw_heat_map(request: ComparisonRequest, matrix: SimilarityMatrix) -> None:
    """Draw the similarity of all pairs of layers; a click chooses a pair."""
    chosen, (low, high), chance = chosen_pair(matrix), range_of(matrix), could_be_chance(matrix)
    first, second = request.names
    heat_map(
        _drawn(matrix, low, high),
        key="matrix",
        selected=(chosen.row, chosen.column),
        on_select=partial(keep_pair, matrix),
        down=first,
        across=second,
        legend=(number(low), number(high)),
        dimmed_means=DIMMED if chance.any() else "",
        framed_means=FRAMED,
        reveals=EVIDENCE,
        colormap=colormap_of(matrix),
    )


def draw_pair_choice(request: ComparisonRequest, pair: PairOfLayers) -> None:
    """Draw the choice of a pair by name, which does what a click in the heat map does."""
    chosen = zip(
        ("row", "column"),
        request.networks,
        (request.layers_a, request.layers_b),
        (pair.layer_a, pair.layer_b),
        strict=True,
    )
    for column, (name, model, layers, layer) in zip(st.columns(2, gap="small"), chosen, strict=True):
        key = f"{name}.chosen"
        show(key, layer)
        column.selectbox(
            f"Layer ({escape_markdown(model.card.short_name or model.name)})",
            layers,
            key=key,
            on_change=partial(_keep, name),
        )


def could_be_chance(matrix: SimilarityMatrix) -> np.ndarray:
    """(La, Lb) which cells have a p-value that is not small."""
    if matrix.p_values is None:
        return np.zeros(matrix.values.shape, bool)
    return np.isfinite(matrix.values) & ~(matrix.p_values < CHANCE)


def best_matches(matrix: SimilarityMatrix) -> np.ndarray:
    """(La, Lb) which cell of each row is the most similar one."""
    framed = np.zeros(matrix.values.shape, bool)
    for row in range(len(framed)):
        column = best_of(matrix, row)
        if column >= 0:
            framed[row, column] = True
    return framed


def colormap_of(matrix: SimilarityMatrix) -> Colormap:
    """The colors of the values: the brightest is the most similar, also where less is more similar."""
    viridis = COLORMAPS["viridis"]
    if not measure_of(matrix.measure, **matrix.options).distance:
        return viridis
    return replace(viridis, id="viridis_reversed", name="Viridis, reversed", table=viridis.table[::-1].copy())


def range_of(matrix: SimilarityMatrix) -> tuple[float, float]:
    """The values of the first and the last color: from 0 to the highest score; if all lie far below, to their highest.

    Half of the colors at least are in use, and the end is a tenth: maps of one measure can be compared.
    """
    highest = measure_of(matrix.measure, **matrix.options).bounds[1]
    finite = matrix.values[np.isfinite(matrix.values)]
    largest = float(finite.max()) if len(finite) else 0.0
    if np.isfinite(highest) and largest > highest / 2:
        return 0.0, highest
    return 0.0, max(0.1, float(np.ceil(10 * largest) / 10))


def _drawn(matrix: SimilarityMatrix, low: float, high: float) -> Matrix:
    cells = [(row, column) for row, column in np.ndindex(*matrix.values.shape)]
    return Matrix(
        matrix.values,
        matrix.layers_a,
        matrix.layers_b,
        low,
        high,
        texts=[number(float(matrix.values[cell])) for cell in cells],
        notes=["\n".join(sentences(matrix, cell)) for cell in cells],
        dimmed=could_be_chance(matrix),
        framed=best_matches(matrix),
    )


def _keep(name: str) -> None:
    VIEW[name].keep(st.session_state[f"{name}.chosen"])
    VIEW["compared_image"].forget()
