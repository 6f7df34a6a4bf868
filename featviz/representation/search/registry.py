"""The kinds of search index: exact, and approximate where a set is too large to compare with every vector."""

from __future__ import annotations

from typing import Annotated, Protocol

from featviz.registry import Range, Registry
from featviz.representation.neighbors.blockwise import ExactSearch
from featviz.representation.neighbors.metrics import Doubles, Metric, Positions, Singles
from featviz.representation.search.ivf import InvertedFile

__all__ = ["INDEXES", "LARGE", "Search"]

INDEXES = Registry("search index")
LARGE = 500_000
"""Beyond so many vectors "auto" searches approximately."""


class Search(Protocol):
    """What a kind makes of vectors (n, d) and their lengths (n,)."""

    def arrays(self, queries: Doubles, k: int) -> tuple[Positions, Doubles]:
        """Positions and similarities (m, k), best first, ties by position; k is at most n."""


@INDEXES.register("Exact", reference="every vector is compared")
def exact(vectors: Singles, lengths: Doubles, metric: Metric) -> Search:
    """Compares with every vector: nothing nearer is ever missed."""
    return ExactSearch(vectors, lengths, metric)


@INDEXES.register(
    "Inverted file (approximate)", reference="Jegou et al. 2011, IEEE TPAMI 33(1); faiss IVFFlat"
)
def ivf(
    vectors: Singles,
    lengths: Doubles,
    metric: Metric,
    *,
    lists: Annotated[int, Range(0, 65_536)] = 0,
    probes: Annotated[int, Range(1, 65_536)] = 32,
    seed: Annotated[int, Range(0, 2**31 - 1)] = 0,
) -> Search:
    """Sorts the vectors into clusters by k-means and compares with those of the nearest clusters alone.

    Args:
        vectors: (n, d).
        lengths: of the vectors.
        metric: what counts as near.
        lists: clusters; 0 takes about the square root of the number of vectors.
        probes: clusters that are looked through for a query: more find more and take longer.
        seed: of the clusters.
    """
    return InvertedFile(vectors, lengths, metric, lists=lists, probes=probes, seed=seed)
