"""What "near" means: cosine, dot product, Euclidean distance; larger similarities are nearer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput

__all__ = ["METRICS", "Doubles", "Floats", "Metric", "Positions", "Singles", "lengths_of", "metric_of"]

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Positions = NDArray[np.int64]
_SHORTEST, _LONGEST = 1e-15, 1e15
_VALUES_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Metric:
    """A similarity that one matrix product ranks: `(q . v) * scale(|v|) - shift(|v|)`.

    Attributes:
        id: its name.
        words: what a similarity is, for the screen.
        unit: whether only the direction of a query counts for the ranking, so that its length may be 1; else
            similarities are minus distances.
        directions: whether a vector of length 0 has no similarity to be asked for.
        scale: of the products, from the lengths (n,) of the vectors.
        shift: what is taken from them.
    """

    id: str
    words: str
    unit: bool
    directions: bool
    scale: Callable[[Doubles], Doubles]
    shift: Callable[[Doubles], Doubles]


def metric_of(name: str) -> Metric:
    """The metric of this id.

    Raises:
        BadInput: with those there are.
    """
    if name not in METRICS:
        raise BadInput(f"No metric is called {name!r}: there are {', '.join(METRICS)}.", code="metric")
    return METRICS[name]


def lengths_of(vectors: Singles | Doubles, what: str) -> Doubles:
    """The lengths (n,) of vectors (n, d).

    Raises:
        BadInput: some are so long or short that products of them leave single precision.
    """
    step = max(1, _VALUES_AT_ONCE // max(1, vectors.shape[1]))
    parts = [
        _lengths(vectors[start : start + step].astype(np.float64)) for start in range(0, len(vectors), step)
    ]
    lengths = np.concatenate(parts) if parts else np.empty(0)
    outside = (lengths > _LONGEST) | ((lengths < _SHORTEST) & (lengths > 0))
    if outside.any():
        raise BadInput(
            f"{what} of length {lengths[outside][0]:.3g} came; lengths from {_SHORTEST:g} to {_LONGEST:g} can be "
            "searched: rescale them all alike.",
            code="length",
        )
    return lengths


def _lengths(rows: Doubles) -> Doubles:
    lengths: Doubles = np.sqrt((rows * rows).sum(axis=1))
    return lengths


def _inverse(lengths: Doubles) -> Doubles:
    """1 / length; 0 for a vector of zeros, which is then similar to nothing."""
    return np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)


METRICS = {
    metric.id: metric
    for metric in (
        Metric("cosine", "cosine similarity", True, True, _inverse, np.zeros_like),
        Metric("dot", "dot product", True, False, np.ones_like, np.zeros_like),
        Metric(
            "euclidean",
            "minus the Euclidean distance",
            False,
            False,
            np.ones_like,
            lambda lengths: lengths**2 / 2,
        ),
    )
}
