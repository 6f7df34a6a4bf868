"""What a search finds: which index it asks, what that misses, and which result is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from featviz.representation.search.by_unit import rank_by_unit
from featviz.representation.search.index import Neighbor
from featviz.representation.search.registry import INDEXES
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.pages.visual_search.index import RECALLED, BuiltIndex, choose_index, index_of
from featviz.ui.pages.visual_search.query import SearchQuery
from featviz.ui.pages.visual_search.view_state import RESULT_COUNTS, VIEW
from featviz.ui.state.theme import scaled

__all__ = ["Results", "find", "things"]


@dataclass(frozen=True, eq=False)
class Results:
    """What was found.

    Attributes:
        query: what was searched for.
        neighbours: best first.
        kind: of the index, as it was asked for; "" where no index was needed.
        note: in words, which index was asked and what it misses.
        options: of an approximate index, complete.
    """

    query: SearchQuery
    neighbors: Sequence[Neighbor]
    kind: str
    note: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chosen(self) -> Neighbor | None:
        """The result that is looked at: the one clicked, or the best."""
        row = VIEW["search_result"].text
        best = self.neighbors[0] if self.neighbors else None
        return next((each for each in self.neighbors if str(each.position) == row), best)


def find(embedding: EmbeddingResult, query: SearchQuery) -> Results | None:
    """Draw how many are wanted and which index is asked, and search; None while the index is being built."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        limit = int(choice("Results", RESULT_COUNTS, key=VIEW["search_count"], width=scaled(110)))
        kind = choose_index(disabled=query.vector is None)
    if query.vector is None:
        ranked = rank_by_unit(embedding.embeddings, query.unit or 0, limit)
        return Results(
            query, ranked, "", f"All {len(embedding):,} {things(embedding)}, ranked by the {query.words}."
        )
    built = index_of(embedding, kind)
    if built is None:
        return None
    near = built.index.query(query.vector, limit + 1)[0]
    others = [each for each in near if each.position != query.row][:limit]
    return Results(
        query, others, kind, _note(embedding, built), {} if built.index.exact else built.index.options
    )


def things(embedding: EmbeddingResult) -> str:
    """What is found: images, or vectors where embeddings came without images."""
    return "vectors" if embedding.chosen.images is None else "images"


def _note(embedding: EmbeddingResult, built: BuiltIndex) -> str:
    index = built.index
    if index.exact:
        compared = f"all {len(index):,} {things(embedding)} were compared"
        return f"Exact index: {compared}, so nothing nearer is missed (recall 1)."
    return (
        f"{INDEXES[index.kind].name}: it finds {100 * built.recall:.3g}% of the {RECALLED} nearest "
        f"{things(embedding)}, measured with {built.measured} of the set against the exact index (recall)."
    )
