"""What a search finds: the index it asks, the gallery of what it found, and the table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from featviz.data.names import printable
from featviz.representation.search.index import Neighbour, SearchIndex
from featviz.representation.search.kinds import INDEXES, LARGE
from featviz.representation.search.units import rank_by_unit
from featviz.ui.cache import FEATURES
from featviz.ui.controls import choice, segments
from featviz.ui.embedding_work import Embedded
from featviz.ui.notices import computed, escaped
from featviz.ui.picture_gallery import Tile, picture_gallery
from featviz.ui.search_keys import FOUND
from featviz.ui.search_query import Asked
from featviz.ui.thumbnail_route import thumbnail_address

__all__ = ["Results", "draw_results", "find"]

_MOST = ("12", "24", "48", "96")
_KINDS = {"auto": "Automatic", "exact": "Exact", "ivf": "Approximate"}
_TILE = 72
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
        return Results(asked, ranked, "", f"All {len(found):,} images, ranked by the {asked.words}.")
    index = _index(found, kind)
    near = index.query(asked.vector, most + 1)[0]
    others = [each for each in near if each.position != asked.row][:most]
    return Results(asked, others, kind, _note(found, index))


def draw_results(found: Embedded, results: Results) -> None:
    """Draw the gallery: click an image to see why it was found."""
    chosen = results.chosen
    st.caption(_summary(found, results))
    picture_gallery(
        [_tile(found, results, rank, each) for rank, each in enumerate(results.neighbours, 1)],
        key="search.results",
        on_pick=lambda row: st.session_state.__setitem__(FOUND, str(row)),
        size=_TILE,
        selected=chosen.position if chosen else None,
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(results.note, width="stretch")
        st.download_button(
            "Results (CSV)",
            lambda: _table(found, results),
            "search.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            disabled=not results.neighbours,
        )


def _table(found: Embedded, results: Results) -> bytes:
    """The results as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    measure = "similarity" if results.asked.unit is None else "activation"
    writer.writerow(["rank", "id", "row", "label", "prediction", measure])
    for rank, each in enumerate(results.neighbours, 1):
        row = each.position
        known = found.embeddings.labels[row] or "", found.predictions[row] or ""
        writer.writerow([rank, each.id, row, *known, f"{each.similarity:.7g}"])
    return text.getvalue().encode()


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
        return (
            f"Exact index: all {len(index):,} images were compared, so nothing nearer is missed (recall 1)."
        )
    recall = computed(
        FEATURES,
        ("recall", found.wanted.key, len(found)),
        lambda: index.recall(_RECALLED, _MEASURED),
        lambda _share: 8,
        doing="Measuring the recall",
    )
    return (
        f"{INDEXES[index.kind].name}: it finds {100 * recall:.3g} % of the {_RECALLED} nearest images, measured "
        f"with {min(_MEASURED, len(index))} images of the set against the exact index (recall)."
    )


def _summary(found: Embedded, results: Results) -> str:
    """What was searched for, and how many of those found carry the query's label."""
    if results.asked.unit is not None:
        return "Click an image to see where the unit answers."
    words = f"Most like {escaped(results.asked.words)}, by cosine similarity; click one to see why."
    label = _label(found, results.asked)
    if label is None or not results.neighbours:
        return words
    same = sum(found.embeddings.labels[each.position] == label for each in results.neighbours)
    return f"{words} {same} of {len(results.neighbours)} carry its label ({escaped(printable(label))})."


def _tile(found: Embedded, results: Results, rank: int, each: Neighbour) -> Tile:
    address = thumbnail_address(found.chosen)
    label = found.embeddings.labels[each.position]
    same = label is not None and label == _label(found, results.asked)
    return Tile(
        each.position,
        f"{address}{each.position}" if address else "",
        f"{rank} · {each.similarity:.3f}",
        label or each.id,
        mark="The same label as the image that is searched for." if same else "",
    )


def _label(found: Embedded, asked: Asked) -> str | None:
    return None if asked.row is None or asked.unit is not None else found.embeddings.labels[asked.row]
