"""What a measure makes of every layer of a network, and the similarities of all pairs of layers of two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from featviz.progress import yield_now
from featviz.representation.comparison.similarity_matrix import Matrix
from featviz.representation.embeddings import Vectors
from featviz.representation.similarity import Measure
from featviz.representation.similarity.cka import u_centered
from featviz.representation.undefined import Undefined

__all__ = ["LayerMatrices", "all_pairs", "debias", "prepare_layers", "score_pairs"]

_NOTHING = 1e-14


@dataclass(frozen=True, eq=False)
class LayerMatrices:
    """Layers as a measure takes them, filled one after the other.

    Attributes:
        names: of the layers, in order.
        matrices: what the measure prepared of each, or None where that is undefined.
        undefined: by layer, why no similarity with it is.
        stack: (L, n, n) all of them, zeros where undefined, where similarities are inner products; else None.
    """

    names: tuple[str, ...]
    matrices: list[Matrix | None]
    undefined: dict[str, str]
    stack: Matrix | None

    @classmethod
    def empty(cls, names: tuple[str, ...], count: int, measure: Measure) -> LayerMatrices:
        """Room for these layers on so many images."""
        stack = np.zeros((len(names), count, count)) if measure.inner else None
        return cls(names, [None] * len(names), {}, stack)

    def put(self, number: int, matrix: Matrix | Undefined) -> None:
        """Fill in what was prepared of a layer, or why nothing could be."""
        if isinstance(matrix, Undefined):
            self.undefined[self.names[number]] = str(matrix)
            self.matrices[number] = None
        elif self.stack is None:
            self.matrices[number] = matrix
        else:
            self.stack[number] = matrix
            self.matrices[number] = self.stack[number]


def prepare_layers(measure: Measure, vectors: Mapping[str, Vectors], into: LayerMatrices) -> Iterator[str]:
    """Prepare one layer after the other.

    Args:
        measure: with its options.
        vectors: by layer, (n, p).
        into: empty, with room for these layers.

    Yields:
        the layer that comes next.
    """
    for number, name in enumerate(into.names):
        yield name
        try:
            into.put(number, measure.prepare(vectors[name]))
        except Undefined as reason:
            into.put(number, reason)
        yield_now()


def debias(layers: LayerMatrices) -> None:
    """Turn what `cka` prepared into what `cka_debiased` would have, in place: no Gram matrix is computed anew."""
    for number, gram in enumerate(layers.matrices):
        if gram is not None:
            matrix = u_centered(gram)
            length = float(np.linalg.norm(matrix))
            constant = Undefined("all images are equally similar to each other.", code="constant")
            layers.put(number, matrix / length if length > _NOTHING * len(matrix) else constant)


def all_pairs(measure: Measure, a: LayerMatrices, b: LayerMatrices) -> Matrix:
    """The similarities (La, Lb) of every layer of one network with every layer of another; NaN where undefined."""
    if a.stack is None or b.stack is None:
        return score_pairs(measure, a.matrices, b.matrices)
    first, second = (stack.reshape(len(stack), -1) for stack in (a.stack, b.stack))
    rows, columns = ([matrix is not None for matrix in each.matrices] for each in (a, b))
    defined = np.outer(rows, columns)
    return np.where(defined, first @ second.T, np.nan)


def score_pairs(measure: Measure, a: list[Matrix | None], b: list[Matrix | None]) -> Matrix:
    """The same, pair by pair."""
    return np.array([[_score(measure, each, other) for other in b] for each in a])


def _score(measure: Measure, a: Matrix | None, b: Matrix | None) -> float:
    yield_now()
    if a is None or b is None:
        return np.nan
    try:
        return measure.score(a, b)
    except Undefined:
        return np.nan
