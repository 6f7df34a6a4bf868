"""The index that a search asks: an exact one at once, an approximate one built in a job that a user may leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from featviz.progress import Progress
from featviz.representation.search.index import SearchIndex
from featviz.representation.search.registry import INDEXES, LARGE
from featviz.ui.inputs.controls import segments
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.inputs.method import choose_options
from featviz.ui.pages.visual_search.view_state import KINDS, VIEW
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import cached_compute
from featviz.ui.state.live import Policy, draw_progress, live
from featviz.ui.state.tasks import Task, cached_result, duration

__all__ = ["RECALLED", "BuiltIndex", "building_seconds", "choose_index", "index_of"]

KIND = "search index"
RECALLED = 10
"""Of how many neighbours the recall is told."""

_MEASURED = 200
_POLICY = Policy(quick=0.4, tick=0.4)
_ROUNDS, _TRAINED_A_LIST = 10, 64
_PRODUCTS_A_SECOND, _LOADING = 2e10, 0.5


@dataclass(frozen=True, eq=False)
class BuiltIndex:
    """An index.

    Attributes:
        index: itself.
        recall: the share of the true nearest that it finds, in [0, 1].
        measured: with how many of its own vectors that was measured.
    """

    index: SearchIndex
    recall: float = 1.0
    measured: int = 0


def choose_index(*, disabled: bool) -> str:
    """Draw the choice of an index and give its kind."""
    return segments(
        "Index",
        list(KINDS),
        key=VIEW["search_index"],
        name=KINDS.__getitem__,
        disabled=disabled,
        help=f"**Exact** compares with every image. **Approximate** looks through the nearest clusters alone: "
        f"quicker where there are many, and it may miss some. Automatic is exact up to {LARGE:,} images.",
    )


def index_of(embedding: EmbeddingResult, kind: str) -> BuiltIndex | None:
    """Draw what the index leaves to choose, and give it; None while it is built: then the page shows how far it is."""
    if kind == "exact" or (kind == "auto" and len(embedding) <= LARGE):
        return BuiltIndex(_exact(embedding))
    options = _choose_options(embedding)
    task = _task(embedding, options)
    complete = live(task, policy=_POLICY, status=partial(_draw_building, embedding, task))
    built = cached_result(task) if complete else None
    return built if isinstance(built, BuiltIndex) else None


def building_seconds(count: int, dimensions: int, lists: int) -> float:
    """About how long it takes to sort so many vectors into clusters on two processor cores."""
    clusters = lists or round(count**0.5)
    compared = _ROUNDS * min(count, _TRAINED_A_LIST * clusters) + count
    return _LOADING + 2 * dimensions * clusters * compared / _PRODUCTS_A_SECOND


def _exact(embedding: EmbeddingResult) -> SearchIndex:
    return cached_compute(
        FEATURES,
        ("search", embedding.request.key, len(embedding)),
        lambda: SearchIndex.build(embedding.embeddings, kind="exact"),
        lambda _index: embedding.embeddings.vectors.nbytes,
        doing="Building the index",
    )


def _choose_options(embedding: EmbeddingResult) -> dict[str, Any]:
    with st.expander(f"Parameters of {INDEXES['ivf'].name}", icon=":material/tune:"):
        return choose_options(INDEXES["ivf"], model=embedding.request.model, only=("lists", "probes"))


def _task(embedding: EmbeddingResult, options: Mapping[str, Any]) -> Task:
    lists = int(INDEXES["ivf"].complete(options)["lists"])
    return Task(
        KIND,
        (KIND, embedding.request.key, len(embedding), tuple(sorted(options.items()))),
        "Building the index",
        partial(_steps, embedding, options),
        lambda _built: 2 * embedding.embeddings.vectors.nbytes,
        building_seconds(len(embedding), embedding.embeddings.dimensions, lists),
    )


def _steps(embedding: EmbeddingResult, options: Mapping[str, Any]) -> Iterator[Progress[BuiltIndex]]:
    yield Progress(0, 2)
    index = SearchIndex.build(embedding.embeddings, kind="ivf", **options)
    yield Progress(1, 2)
    built = BuiltIndex(index, index.recall(RECALLED, _MEASURED), min(_MEASURED, len(index)))
    yield Progress(2, 2, result=built)


def _draw_building(embedding: EmbeddingResult, task: Task, kind: str) -> None:
    st.caption(f"{len(embedding):,} vectors are sorted into clusters: about {duration(task.seconds)}.")
    draw_progress(kind)
