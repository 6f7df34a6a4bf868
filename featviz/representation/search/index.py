"""The search index: which images of a set lie nearest to a vector."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.neighbors.metrics import (
    Doubles,
    Metric,
    Positions,
    Singles,
    lengths_of,
    metric_of,
)
from featviz.representation.search.registry import INDEXES, LARGE, Search

__all__ = ["Neighbor", "SearchIndex"]

_SAME = 1e-6


@dataclass(frozen=True)
class Neighbor:
    """An image that was found: its id, how similar it is, and its position in the embeddings."""

    id: str
    similarity: float
    position: int


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """Finds the vectors nearest to others; made by `build`. Safe from any thread, and deterministic.

    Attributes:
        embeddings: what is searched.
        kind: an id out of `INDEXES`.
        metric: what a similarity is; larger is nearer.
        options: of the kind, complete.
    """

    embeddings: Embeddings
    kind: str
    metric: Metric
    options: Mapping[str, Any]
    _search: Search

    @classmethod
    def build(
        cls,
        embeddings: Embeddings | ArrayLike,
        *,
        kind: str = "auto",
        metric: str = "cosine",
        **options: Any,
    ) -> SearchIndex:
        """Make an index.

        Args:
            embeddings: or an array (n, d), whose rows get their numbers as ids.
            kind: "exact", "ivf" (approximate), or "auto": exact up to 500,000 vectors.
            metric: "cosine" in [-1, 1], "dot", or "euclidean", which is minus the distance. To a vector of
                zeros every cosine is 0.
            options: of the kind.

        Raises:
            BadInput: no such kind, metric or option; nothing to search; a value that is not finite, or a
                vector so long or short that products leave single precision; faiss is missing.
        """
        source = embeddings if isinstance(embeddings, Embeddings) else _with_numeric_ids(embeddings)
        if not len(source):
            raise BadInput("There are no vectors to search: embed at least one image.", code="empty")
        measure = metric_of(metric)
        chosen = INDEXES[("ivf" if len(source) > LARGE else "exact") if kind == "auto" else kind]
        complete = chosen.complete(options)
        lengths = lengths_of(source.vectors, "A vector")
        search = chosen.function(source.vectors, lengths, measure, **complete)
        return cls(source, chosen.id, measure, complete, search)

    def __len__(self) -> int:
        """Count the vectors."""
        return len(self.embeddings)

    @property
    def exact(self) -> bool:
        """Whether nothing nearer is ever missed."""
        return self.kind == "exact"

    def query(self, vectors: ArrayLike, k: int = 10) -> list[list[Neighbor]]:
        """The k nearest images of each vector, best first; equal ones by position.

        Args:
            vectors: (m, d), or one vector (d,).
            k: how many; of fewer than k vectors all.

        Raises:
            BadInput: as `arrays`.
        """
        positions, similarities = self.arrays(vectors, k)
        ids = self.embeddings.ids
        return [
            [
                Neighbor(ids[position], float(value), int(position))
                for position, value in zip(*row, strict=True)
            ]
            for row in zip(positions, similarities, strict=True)
        ]

    def arrays(self, vectors: ArrayLike, k: int = 10) -> tuple[Positions, Singles]:
        """The same as positions (m, min(k, n)) and similarities of the same shape.

        Raises:
            BadInput: k is not a whole number from 1; a vector has another number of dimensions, holds
                values that are not finite, is too long or short, or, where directions are compared, is all
                zeros.
        """
        queries = self._validate(vectors)
        positions, similarities = self._search.arrays(queries, min(_count(k), len(self)))
        return positions, similarities.astype(np.float32)

    def recall(self, k: int = 10, sample: int = 200, *, seed: int = 0) -> float:
        """The share of the true k nearest that this index finds, in [0, 1]; of an exact one it is 1.

        Some of its own vectors are searched with. What is as near as the k-th counts as found.

        Args:
            k: how many neighbours.
            sample: how many vectors to search with, at most.
            seed: of their choice.

        Raises:
            BadInput: k or sample is not a whole number from 1.
        """
        count, sample_size = min(_count(k), len(self)), _count(sample, "sample")
        usable = np.arange(len(self))
        if self.metric.directions:
            usable = usable[self.embeddings.vectors.any(axis=1)]
        chosen = np.random.default_rng(seed).permutation(usable)[:sample_size]
        if not len(chosen):
            return 1.0
        queries = self.embeddings.vectors[chosen].astype(np.float64)
        truth = INDEXES["exact"].function(
            self.embeddings.vectors, lengths_of(self.embeddings.vectors, "A vector"), self.metric
        )
        last = truth.arrays(queries, count)[1][:, -1:]
        similarities = self._search.arrays(queries, count)[1]
        return float((similarities >= last - _SAME * np.maximum(1, np.abs(last))).mean())

    def _validate(self, vectors: ArrayLike) -> Doubles:
        queries = _finite(vectors)
        dimensions = self.embeddings.dimensions
        if queries.shape[1] != dimensions:
            raise BadInput(
                f"Vectors of {queries.shape[1]} dimensions came, and {dimensions} are searched: embed the query "
                "with the same network, layer and pooling.",
                code="dimensions",
            )
        lengths = lengths_of(queries, "A query")
        if self.metric.directions and not lengths.all():
            raise BadInput(
                f"Query {int(np.argmin(lengths))} is all zeros and has no direction to compare: search by dot or "
                "euclidean, or with another layer.",
                code="zero",
            )
        return queries


def _finite(vectors: ArrayLike) -> Doubles:
    try:
        queries = np.atleast_2d(np.asarray(vectors, np.float64))
    except (TypeError, ValueError) as error:
        raise BadInput(
            "A query is an array of numbers (m, d) or (d,): something else came.", code="shape"
        ) from error
    if queries.ndim != 2:
        raise BadInput(
            f"A query is an array (m, d) or (d,): one of shape {queries.shape} came.", code="shape"
        )
    if not np.isfinite(queries).all():
        raise BadInput("A query holds values that are not finite: it cannot be compared.", code="nan")
    return queries


def _count(value: SupportsIndex, name: str = "k") -> int:
    try:
        count = -1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        count = -1
    if count < 1:
        raise BadInput(f"{name} is a whole number from 1; {value!r} came.", code=name)
    return count


def _with_numeric_ids(vectors: ArrayLike) -> Embeddings:
    array: NDArray[Any] = np.asarray(vectors)
    return Embeddings(vectors=array, ids=tuple(map(str, range(len(array) if array.ndim else 0))))
