"""What is kept of embeddings for everybody: without the network and the images, which other caches bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.representation.embeddings import Embeddings
from featviz.ui.inputs.image_metadata import Fact

__all__ = ["KIND", "CachedEmbedding", "cached_bytes", "rows_in_set"]

KIND = "embedding"
"""Of the work that makes them."""


@dataclass(frozen=True, eq=False)
class CachedEmbedding:
    """Embeddings and what is known of their images; attributes as those of `EmbeddingResult`.

    Attributes:
        rows: where each embedded image lies in its set.
    """

    embeddings: Embeddings
    rows: NDArray[np.int64]
    predictions: Fact
    confidence: NDArray[np.float32] | None
    facts: dict[str, Fact]
    trouble: str = ""
    weights: NDArray[np.float64] | None = None


def rows_in_set(embeddings: Embeddings, images: ImageSet) -> NDArray[np.int64]:
    """Where each embedded image lies in its set."""
    if len(embeddings) == len(images):
        return np.arange(len(images))
    entries = images.entries or tuple((sample.id, sample.label) for sample in images)
    positions = {name: position for position, (name, _label) in enumerate(entries)}
    return np.array([positions[name] for name in embeddings.ids], np.int64)


def cached_bytes(result: object) -> int:
    """About how much memory it takes."""
    if not isinstance(result, CachedEmbedding):
        return 0
    weights = 0 if result.weights is None else result.weights.nbytes
    return result.embeddings.vectors.nbytes + weights + 200 * len(result.embeddings) * (1 + len(result.facts))
