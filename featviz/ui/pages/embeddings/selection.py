"""The selected points: a gallery, counts by class, a name under which they become an image set, files."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.gallery.gallery import Tile, image_gallery
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.inputs.image_set import keep_selection
from featviz.ui.inputs.page_links import draw_page_link
from featviz.ui.pages.embeddings.files import about_map, to_csv, to_npz
from featviz.ui.pages.embeddings.points import Points
from featviz.ui.pages.embeddings.request import ProjectionRequest
from featviz.ui.pages.embeddings.selection_state import clear_selection, pin, pinned, selected
from featviz.ui.pages.embeddings.tasks import stage_of
from featviz.ui.pages.embeddings.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.theme import scaled

__all__ = ["draw_map_files", "draw_selection", "page_of"]

PAGE = 60
_MAX_COUNTS = 200
_NAME = "selection.name"


def draw_selection(run: ProjectionRequest) -> None:
    """Draw what is selected; without a selection, how to make one."""
    rows, points = selected(run.points), run.points
    if not len(rows):
        st.caption("Circle points with the lasso (shift and drag) or the box to look at them together.")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(f"Selection: {len(rows):,} of {len(points):,} {points.noun}", anchor=False)
        st.button("Clear", on_click=clear_selection, icon=":material/close:", type="tertiary", key="unselect")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _draw_keeping(points, rows)
        _draw_files(run, rows, "selection", "Selection")
    if not VIEW["find"].text:
        st.caption(
            "A link does not hold a selection: keep it under a name to go on with it here, or take it as a file."
        )
    counts = points.counts(rows)
    gallery, table = st.columns([5, 2], gap="medium") if counts else (st.container(), None)
    with gallery:
        _draw_gallery(points, rows)
    if table is not None:
        with table:
            _draw_counts(counts)


def draw_map_files(run: ProjectionRequest) -> None:
    """Draw the buttons that download the whole map, and the way to another network's beside it.

    The map's image is saved from its own tools.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _draw_files(run, None, "map", "Map")
        if run.points.embeddings.fingerprint:
            draw_page_link(
                "compare",
                "Beside another network",
                ":material/compare_arrows:",
                {
                    "compare_by": "layers",
                    "row": run.points.embeddings.layer,
                    "column": "",
                    "compared_projection": run.method,
                },
                explanation="Compare models lays the maps of two networks' layers side by side: aligned, with one "
                "selection, and with what moved between them.",
            )


def page_of(rows: NDArray[np.intp], page: int) -> NDArray[np.intp]:
    """One page of a selection; pages are counted from 1."""
    return rows[(page - 1) * PAGE : page * PAGE]


def _draw_gallery(points: Points, rows: NDArray[np.intp]) -> None:
    pages = -(-len(rows) // PAGE)
    page = 1
    if pages > 1:
        page = min(int(st.session_state.get("selection.page", 1)), pages)
        st.session_state["selection.page"] = page
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.number_input("Page", 1, pages, key="selection.page", width=scaled(130))
            first = (page - 1) * PAGE + 1
            st.caption(f"{first:,} to {min(page * PAGE, len(rows)):,} of {len(rows):,}, {pages} pages")
        page = int(st.session_state["selection.page"])
    address = thumbnail_address(points.chosen)
    tiles = [
        Tile(
            number=int(row),
            address=f"{address}{row}" if address else "",
            title=points.labels[row] or points.embeddings.ids[row],
            note=points.prediction(row),
        )
        for row in page_of(rows, page)
    ]
    image_gallery(tiles, key="selection.gallery", on_pick=pin, selected=pinned(points))


def _draw_counts(counts: list[tuple[str, int, int]]) -> None:
    rows = [
        {"Class": name, "Here": count, "Of all": count / total} for name, count, total in counts[:_MAX_COUNTS]
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) < 12 else 420,
        column_config={
            "Here": st.column_config.NumberColumn(width=scaled(68)),
            "Of all": st.column_config.NumberColumn(
                format="percent", width=scaled(80), help="How much of the class is selected."
            ),
        },
    )


def _draw_keeping(points: Points, rows: NDArray[np.intp]) -> None:
    st.text_input("Name", key=_NAME, placeholder="Selection", max_chars=80, width=scaled(200))
    st.button(
        "Keep as image set",
        on_click=partial(_keep, points, rows),
        icon=":material/bookmark_add:",
        key="selection.keep",
        help="It joins the image sets in the sidebar, for all pages, until you leave.",
    )
    st.button(
        "Save and isolate",
        on_click=partial(_keep, points, rows, look=True),
        icon=":material/center_focus_strong:",
        key="selection.look",
    )


def _keep(points: Points, rows: NDArray[np.intp], *, look: bool = False) -> None:
    name = str(st.session_state.get(_NAME) or f"Selection of {len(rows):,}")
    set_id = keep_selection(points.chosen, rows, name)
    st.toast(f"{escape_markdown(name)} is now among the image sets.", icon=":material/bookmark_added:")
    if look:
        VIEW["set"].keep(set_id)


def _draw_files(run: ProjectionRequest, rows: NDArray[np.intp] | None, file: str, label: str) -> None:
    stage = stage_of(run)
    if stage is None or not stage.done:
        return
    coordinates = stage.points
    about = (*about_map(run), file)
    draw_file_download(
        f"{label} (CSV)", lambda: to_csv(run.points, coordinates, rows), about, "csv", key=f"{file}.csv"
    )
    draw_file_download(
        f"{label} (NPZ)",
        lambda: to_npz(run.points, coordinates, run.about, rows),
        about,
        "npz",
        key=f"{file}.npz",
    )
