"""What can be taken away of a matrix: its numbers, a figure, and the paragraph that says how it was made."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import streamlit as st

from featviz.render.matrix_figure import MatrixFigure
from featviz.representation.comparison import SimilarityMatrix
from featviz.representation.similarity import MEASURES
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.inputs.spreadsheet import cell
from featviz.ui.pages.compare.matrix_view import (
    DIMMED,
    FRAMED,
    best_matches,
    colormap_of,
    could_be_chance,
    range_of,
)
from featviz.ui.pages.compare.methods import methods_paragraph
from featviz.ui.pages.compare.request import ComparisonRequest

__all__ = ["draw_matrix_files", "figure_of", "to_csv", "to_npz"]

_OF_PAIRS = ("values", "p_values", "chance", "calibrated", "biased")


def draw_matrix_files(request: ComparisonRequest, matrix: SimilarityMatrix) -> None:
    """Draw the buttons that download a matrix, and the paragraph for a paper."""
    about = [*request.names, matrix.measure, matrix.images]
    with st.container(horizontal=True, gap="small"):
        draw_file_download("Matrix (CSV)", lambda: to_csv(matrix), about, "csv")
        draw_file_download("Arrays (NPZ)", lambda: to_npz(matrix), about, "npz")
        draw_file_download("Figure (SVG)", lambda: figure_of(request, matrix).svg(), about, "svg")
        draw_file_download("Figure (PNG)", lambda: figure_of(request, matrix).png(), about, "png")
    with st.expander("Methods paragraph", icon=":material/article:"):
        st.code(methods_paragraph(matrix), language=None, wrap_lines=True)


def to_csv(matrix: SimilarityMatrix) -> bytes:
    """A row for each pair of layers: both names, the value, its p-value, chance, numbers in each vector.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    present = [name for name in _OF_PAIRS if getattr(matrix, name) is not None]
    named = ["value" if name == "values" else name.removesuffix("s") for name in present]
    writer.writerow(["layer_a", "layer_b", *named, "dimensions_a", "dimensions_b", "images", "measure"])
    writer.writerows(_rows(matrix, present))
    return buffer.getvalue().encode("utf-8-sig")


def to_npz(matrix: SimilarityMatrix) -> bytes:
    """Arrays without pickle: all that the matrix holds under its name, texts as they are, the rest as JSON `about`."""
    known = {each.name: getattr(matrix, each.name) for each in fields(matrix)}
    arrays = {name: value for name, value in known.items() if isinstance(value, np.ndarray)}
    about = {name: value for name, value in known.items() if name not in arrays and value is not None}
    buffer = io.BytesIO()
    arrays |= {name: np.array(getattr(matrix, name), np.str_) for name in ("layers_a", "layers_b")}
    arrays["about"] = np.array(json.dumps(about, default=str))
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def figure_of(request: ComparisonRequest, matrix: SimilarityMatrix) -> MatrixFigure:
    """The heat map as a figure, with what it shows written below."""
    low, high = range_of(matrix)
    first, second = request.names
    return MatrixFigure(
        values=matrix.values,
        rows=matrix.layers_a,
        columns=matrix.layers_b,
        down=first,
        across=second,
        low=low,
        high=high,
        colormap=colormap_of(matrix),
        dimmed=could_be_chance(matrix),
        dimmed_means=DIMMED,
        framed=best_matches(matrix),
        framed_means=FRAMED,
        caption=(
            f"{MEASURES[matrix.measure].name}, {matrix.count:,} images of {request.whole.name}",
            *_null(matrix),
        ),
    )


def _null(matrix: SimilarityMatrix) -> list[str]:
    return [f"p-values of {matrix.permutations} permutations (seed {matrix.seed})"] * bool(
        matrix.permutations
    )


def _rows(matrix: SimilarityMatrix, present: list[str]) -> Iterator[list[object]]:
    for row, layer_a in enumerate(matrix.layers_a):
        for column, layer_b in enumerate(matrix.layers_b):
            numbers = [_number(float(getattr(matrix, name)[row, column])) for name in present]
            sizes = [matrix.dimensions_a[row], matrix.dimensions_b[column]]
            yield [cell(layer_a), cell(layer_b), *numbers, *sizes, matrix.count, matrix.measure]


def _number(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""
