"""What was found, as a gallery or, where there are no images, as a table; and the file to take away."""

from __future__ import annotations

import csv
import io

import streamlit as st

from featviz.representation.search.index import Neighbor
from featviz.text import printable
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.gallery.gallery import Tile, image_gallery
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.inputs.spreadsheet import cell
from featviz.ui.pages.visual_search.query import SearchQuery
from featviz.ui.pages.visual_search.results import Results
from featviz.ui.pages.visual_search.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_results"]

_TILE = 72
_NAMES = "search.names"


def draw_results(embedding: EmbeddingResult, results: Results) -> None:
    """Draw what was found: click an image to see why."""
    address = thumbnail_address(embedding.chosen)
    if address is None:
        st.caption("Choose a row to search on with it.")
        _draw_names(embedding, results)
    else:
        st.caption(_summary(embedding, results))
        _draw_images(embedding, results, address)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(results.note, width="stretch")
        draw_file_download(
            "Results (CSV)",
            lambda: _table(embedding, results),
            _about(embedding, results),
            "csv",
            disabled=not results.neighbors,
        )


def _about(embedding: EmbeddingResult, results: Results) -> tuple[str, ...]:
    return (*embedding.source, embedding.chosen.name, "search", results.query.words)


def _draw_images(embedding: EmbeddingResult, results: Results, address: str) -> None:
    chosen = results.chosen
    image_gallery(
        [_tile(embedding, results, rank, each, address) for rank, each in enumerate(results.neighbors, 1)],
        key="search.results",
        on_pick=VIEW["search_result"].keep,
        size=_TILE,
        selected=chosen.position if chosen else None,
    )


def _draw_names(embedding: EmbeddingResult, results: Results) -> None:
    def pick() -> None:
        rows = st.session_state[_NAMES]["selection"]["rows"]
        known = rows and rows[0] < len(results.neighbors)
        VIEW["search_result"].keep(results.neighbors[rows[0]].position if known else "")

    labels = embedding.embeddings.labels
    listed = [
        {"Row": each.position, "Id": each.id, "Label": labels[each.position], "Value": each.similarity}
        for each in results.neighbors
    ]
    st.dataframe(listed, hide_index=True, on_select=pick, selection_mode="single-row", key=_NAMES)


def _tile(embedding: EmbeddingResult, results: Results, rank: int, each: Neighbor, address: str) -> Tile:
    label = embedding.embeddings.labels[each.position]
    same = label is not None and label == _label(embedding, results.query)
    return Tile(
        each.position,
        f"{address}{each.position}",
        f"{rank} · {each.similarity:.3f}",
        label or each.id,
        mark="The same label as the image that is searched for." if same else "",
    )


def _summary(embedding: EmbeddingResult, results: Results) -> str:
    """What was searched for, and how many of those found carry the query's label."""
    if results.query.unit is not None:
        return "Click an image to see where the unit answers."
    words = f"Most like {escape_markdown(results.query.words)}, by cosine similarity; click one to see why."
    label = _label(embedding, results.query)
    if label is None or not results.neighbors:
        return words
    same = sum(embedding.embeddings.labels[each.position] == label for each in results.neighbors)
    return (
        f"{words} {same} of {len(results.neighbors)} carry its label ({escape_markdown(printable(label))})."
    )


def _label(embedding: EmbeddingResult, query: SearchQuery) -> str | None:
    return None if query.row is None or query.unit is not None else embedding.embeddings.labels[query.row]


def _table(embedding: EmbeddingResult, results: Results) -> bytes:
    """The results as CSV; no text of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    measure = "similarity" if results.query.unit is None else "activation"
    writer.writerow(["rank", "id", "row", "label", "prediction", measure])
    for rank, each in enumerate(results.neighbors, 1):
        row = each.position
        label, prediction = embedding.embeddings.labels[row], embedding.predictions[row]
        names = (cell(name) for name in (label, prediction))
        writer.writerow([rank, cell(each.id), row, *names, f"{each.similarity:.7g}"])
    return text.getvalue().encode()
