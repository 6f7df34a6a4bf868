"""Validation of inputs: vectors, labels and an initial map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings, Vectors
from featviz.representation.projection.protocol import Points

__all__ = ["as_initial_map", "as_labels", "as_vectors"]

_LARGEST = 1e35


def as_vectors(source: Embeddings | ArrayLike) -> Vectors:
    """(n, d) float32, finite.

    Raises:
        BadInput: something else, or numbers beyond 1e35.
    """
    if isinstance(source, Embeddings):
        values = source.vectors
    else:
        try:
            values = np.asarray(source) if isinstance(source, np.ndarray) else np.asarray(source, np.float64)
            values = values if values.dtype == np.float32 else values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise BadInput(
                "Vectors are an array of numbers (n, d): something else came.", code="shape"
            ) from error
    if values.ndim != 2 or not values.shape[1]:
        raise BadInput(f"Vectors are an array (n, d): one of shape {values.shape} came.", code="shape")
    if not np.isfinite(values).all():
        raise BadInput("Some vectors hold values that are not finite: leave them out.", code="nan")
    if values.size and max(values.max(), -values.min()) > _LARGEST:
        raise BadInput("Some vectors hold numbers beyond 1e35: divide all by one number first.", code="range")
    return values.astype(np.float32, copy=False)


def as_labels(
    source: Embeddings | ArrayLike, labels: Sequence[str | None] | None, n: int
) -> tuple[str | None, ...]:
    """The labels handed over, else those of the embeddings, else none.

    Raises:
        BadInput: another number of them than n.
    """
    if labels is None:
        return source.labels if isinstance(source, Embeddings) else (None,) * n
    texts = tuple(None if label is None else str(label) for label in labels)
    if len(texts) != n:
        raise BadInput(f"{len(texts)} labels came for {n} vectors: one each is needed.", code="labels")
    return texts


def as_initial_map(source: ArrayLike | None, n: int, dimensions: int) -> Points | None:
    """The map to begin with, (n, dimensions).

    Raises:
        BadInput: another shape, or values that are not finite.
    """
    if source is None:
        return None
    start = as_vectors(source)
    if start.shape != (n, dimensions):
        raise BadInput(
            f"The map to begin with has a point for each vector, ({n}, {dimensions}): one of shape {start.shape} "
            "came.",
            code="start",
        )
    return start
