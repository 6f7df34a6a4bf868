"""One cell of a matrix: which one is chosen, and what is said of it in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featviz.representation.comparison import SimilarityMatrix
from featviz.representation.similarity import MEASURES, measure_of
from featviz.ui.pages.compare.view_state import VIEW

__all__ = [
    "CHANCE",
    "PairOfLayers",
    "best_of",
    "chosen_pair",
    "keep_pair",
    "number",
    "p_text",
    "pair_of",
    "sentences",
]

CHANCE = 0.05
"""Cells with no smaller p-value could be chance."""


@dataclass(frozen=True)
class PairOfLayers:
    """A cell: the row and the column, and the names of their layers."""

    row: int
    column: int
    layer_a: str
    layer_b: str


def chosen_pair(matrix: SimilarityMatrix) -> PairOfLayers:
    """The cell that is shown: the one chosen, else a layer two thirds through the first network and its best match."""
    row = _position(VIEW["row"].text, matrix.layers_a, (2 * len(matrix.layers_a)) // 3)
    column = _position(VIEW["column"].text, matrix.layers_b, max(0, best_of(matrix, row)))
    return PairOfLayers(row, column, matrix.layers_a[row], matrix.layers_b[column])


def pair_of(layers_a: tuple[str, ...], layers_b: tuple[str, ...]) -> PairOfLayers:
    """The chosen pair where no matrix says what is most similar: at first the middle of both networks."""
    row = _position(VIEW["row"].text, layers_a, len(layers_a) // 2)
    column = _position(VIEW["column"].text, layers_b, len(layers_b) // 2)
    return PairOfLayers(row, column, layers_a[row], layers_b[column])


def best_of(matrix: SimilarityMatrix, row: int) -> int:
    """The most similar layer of the second network, -1 where none is defined."""
    if matrix.best is not None:
        return int(matrix.best[row])
    values = matrix.values[row] * (-1 if measure_of(matrix.measure, **matrix.options).distance else 1)
    return int(np.nanargmax(values)) if np.isfinite(values).any() else -1


def keep_pair(matrix: SimilarityMatrix, cell: tuple[int, int]) -> None:
    """Choose a cell."""
    VIEW["row"].keep(matrix.layers_a[cell[0]])
    VIEW["column"].keep(matrix.layers_b[cell[1]])
    VIEW["compared_image"].forget()


def number(value: float) -> str:
    """A similarity as it is shown; a dash where it is undefined."""
    return f"{value:.2f}".replace("-0.00", "0.00") if np.isfinite(value) else "–"


def p_text(p: float) -> str:
    """A p-value as papers write it."""
    return f"p = {p:.3f}" if p >= 0.001 else "p < 0.001"


def sentences(matrix: SimilarityMatrix, cell: tuple[int, int]) -> list[str]:
    """What is said of a cell, in plain text: the value, chance, images against numbers, the biased value."""
    value = matrix.values[cell]
    if not np.isfinite(value):
        return ["undefined"]
    said = [f"{MEASURES[matrix.measure].name}: {number(value)}"]
    if matrix.p_values is not None and matrix.chance is not None:
        said.append(f"chance gives {number(matrix.chance[cell])}, {p_text(float(matrix.p_values[cell]))}")
    p, q = matrix.dimensions_a[cell[0]], matrix.dimensions_b[cell[1]]
    said.append(f"n/p = {matrix.count / p:.3g} and {matrix.count / q:.3g}")
    if matrix.biased is not None and np.isfinite(matrix.biased[cell]):
        said.append(f"biased estimate {number(matrix.biased[cell])}")
    return said


def _position(name: str, names: tuple[str, ...], default: int) -> int:
    return names.index(name) if name in names else default
