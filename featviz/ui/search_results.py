"""What a search finds: which index it asks, what that misses, and which result is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from featviz.representation.search.index import Neighbour, SearchIndex
from featviz.representation.search.kinds import INDEXES, LARGE
from featviz.representation.search.units import rank_by_unit
from featviz.ui.cache import FEATURES
from featviz.ui.controls import choice, segments
from featviz.ui.embedding_work import Embedded
from featviz.ui.notices import computed
from featviz.ui.search_keys import FOUND
from featviz.ui.search_query import Asked

__all__ = ["Results", "find", "things"]

_MOST = ("12", "24", "48", "96")
_KINDS = {"auto": "Automatic", "exact": "Exact", "ivf": "Approximate"}
_RECALLED, _MEASURED = 10, 200


@dataclass(frozen=True, eq=False)
class Results:
    """What was found.

    Attributes:
        asked: the query.
        neighbours: best first.
        kind: of the index, as it was asked for; "" where no index was needed.
        note: in words, which index was asked and what it misses.
    """

    asked: Asked
    neighbours: Sequence[Neighbour]
    kind: str
    note: str

    @property
    def chosen(self) -> Neighbour | None:
        """The result that is looked at: the one clicked, or the best."""
        row = str(st.session_state.get(FOUND, ""))
        best = self.neighbours[0] if self.neighbours else None
        return next((each for each in self.neighbours if str(each.position) == row), best)


def find(found: Embedded, asked: Asked) -> Results:
    """Draw how many are wanted and which index is asked, and search."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        most = int(choice("Results", _MOST, key="search_most", default="24", width=110))
        kind = segments(
            "Index",
            list(_KINDS),
            key="search_index",
            default="auto",
            name=_KINDS.__getitem__,
            disabled=asked.vector is None,
            help=f"**Exact** compares with every image. **Approximate** looks through the nearest clusters alone: "
            f"quicker where there are many, and it may miss some. Automatic is exact up to {LARGE:,} images.",
        )
    if asked.vector is None:
        ranked = rank_by_unit(found.embeddings, asked.unit or 0, most)
        return Results(asked, ranked, "", f"All {len(found):,} {things(found)}, ranked by the {asked.words}.")
    index = _index(found, kind)
    near = index.query(asked.vector, most + 1)[0]
    others = [each for each in near if each.position != asked.row][:most]
    return Results(asked, others, kind, _note(found, index))


def things(found: Embedded) -> str:
    """What is found: images, or vectors where embeddings came without images."""
    return "vectors" if found.chosen.images is None else "images"


def _index(found: Embedded, kind: str) -> SearchIndex:
    whole = found.embeddings.vectors.nbytes
    return computed(
        FEATURES,
        ("search", found.wanted.key, len(found), kind),
        lambda: SearchIndex.build(found.embeddings, kind=kind),
        lambda index: whole if index.exact else 2 * whole,
        doing="Building the index",
    )


def _note(found: Embedded, index: SearchIndex) -> str:
    if index.exact:
        compared = f"all {len(index):,} {things(found)} were compared"
        return f"Exact index: {compared}, so nothing nearer is missed (recall 1)."
    recall = computed(
        FEATURES,
        ("recall", found.wanted.key, len(found)),
        lambda: index.recall(_RECALLED, _MEASURED),
        lambda _share: 8,
        doing="Measuring the recall",
    )
    return (
        f"{INDEXES[index.kind].name}: it finds {100 * recall:.3g} % of the {_RECALLED} nearest {things(found)}, "
        f"measured with {min(_MEASURED, len(index))} of the set against the exact index (recall)."
    )
