"""Approximate search through faiss: the vectors in clusters, of which the nearest few are looked through."""

from __future__ import annotations

from typing import Any

import numpy as np

from featviz.errors import BadInput
from featviz.representation.neighbors.blockwise import ExactSearch
from featviz.representation.neighbors.metrics import Doubles, Metric, Positions, Singles

__all__ = ["InvertedFile"]

_BLOCK_ROWS = 16_384
_MIN_PER_LIST, _TRAINING_PER_LIST = 39, 64
"""Of training vectors: with fewer than the first faiss warns that the clusters mean little."""


class InvertedFile:
    """A faiss IVFFlat index. The similarities it gives are computed anew from the vectors, in double precision.

    Inverted files are built the same from the same seed; graphs (HNSW), whose links depend on which thread came
    first, are not.

    Raises:
        BadInput: faiss is not installed.
    """

    def __init__(
        self, vectors: Singles, lengths: Doubles, metric: Metric, *, lists: int, probes: int, seed: int
    ) -> None:
        self._exact = ExactSearch(vectors, lengths, metric)
        self._metric, self._probes, self._faiss = metric, probes, _faiss()
        self._scale = metric.scale(lengths).astype(np.float32)[:, None]
        list_count = lists or round(len(vectors) ** 0.5)
        self._index = self._train(max(1, min(list_count, len(vectors) // _MIN_PER_LIST)), seed)

    def arrays(self, queries: Doubles, k: int) -> tuple[Positions, Doubles]:
        """As `Search.arrays`; where the clusters looked through hold fewer than k, every vector is compared."""
        scaled = self._exact.normalized(queries).astype(np.float32)
        options = self._faiss.SearchParametersIVF(nprobe=self._probes)
        candidates = np.sort(self._index.search(scaled, k, params=options)[1], axis=1).astype(np.int64)
        # faiss fills up with -1, which as a position would be the last image.
        incomplete = candidates[:, 0] < 0
        positions = np.empty((len(queries), k), np.int64)
        similarities = np.empty((len(queries), k))
        if incomplete.any():
            positions[incomplete], similarities[incomplete] = self._exact.arrays(queries[incomplete], k)
        if not incomplete.all():
            complete = ~incomplete
            positions[complete], similarities[complete] = self._exact.rank(
                queries[complete], candidates[complete]
            )
        return positions, similarities

    def _train(self, lists: int, seed: int) -> Any:
        faiss, vectors = self._faiss, self._exact.vectors
        dimensions = vectors.shape[1]
        kind = faiss.METRIC_L2 if self._metric.id == "euclidean" else faiss.METRIC_INNER_PRODUCT
        quantizer = (faiss.IndexFlatL2 if kind == faiss.METRIC_L2 else faiss.IndexFlatIP)(dimensions)
        index = faiss.IndexIVFFlat(quantizer, dimensions, lists, kind)
        index.cp.seed = seed
        chosen = np.random.default_rng(seed).permutation(len(vectors))[: lists * _TRAINING_PER_LIST]
        chosen.sort()
        index.train(vectors[chosen] * self._scale[chosen])
        for start in range(0, len(vectors), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            index.add(vectors[rows] * self._scale[rows])
        return index


def _faiss() -> Any:
    """The library, loaded when the first index is made: it takes half a second and its own threads."""
    try:
        import faiss
    except ImportError as error:
        raise BadInput(
            "Approximate search needs faiss, which is not installed: ask for kind='exact'.", code="faiss"
        ) from error
    return faiss
