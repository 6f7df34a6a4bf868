"""The pinned point: its image, what is known of it, and its true neighbours, with those the map shows too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.errors import FeatvizError
from featviz.render.normalization import format_number
from featviz.representation.neighbors.exact import Metric
from featviz.representation.neighbors.nearest import nearest_to
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.gallery.gallery import Tile, image_gallery
from featviz.ui.inputs.controls import show
from featviz.ui.inputs.images.ids import id_of
from featviz.ui.inputs.page_links import draw_image_links
from featviz.ui.pages.embeddings.points import Points
from featviz.ui.pages.embeddings.request import ProjectionRequest
from featviz.ui.pages.embeddings.selection_state import pin, pinned
from featviz.ui.pages.embeddings.tasks import NEIGHBORS, stage_of
from featviz.ui.pages.embeddings.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown

__all__ = ["Near", "draw_find", "draw_pin", "near"]

_LARGE, _FIND = 224, "find.chosen"
_NEAR, _TORN = "◎", "✕"
"""The signs of a true neighbor that the map shows near, and of one that it tears away; ✓ is an equal label."""
_SHOWN_FACTS = 8
_MEASURES = {
    "euclidean": "The numbers are distances.",
    "cosine": "The numbers are cosines; 1 is the same direction.",
}


@dataclass(frozen=True, eq=False)
class Near:
    """The true neighbours of a point.

    Attributes:
        rows: (k,) of them, nearest first.
        likeness: (k,) the cosine to each, or the distance.
        on_map: (k,) whether each is among the k nearest on the map: no farther there than the k-th of them.
    """

    rows: NDArray[np.intp]
    likeness: NDArray[np.float64]
    on_map: NDArray[np.bool_]


def draw_find(points: Points) -> None:
    """Draw the field that selects points by their label; nothing where there are no labels."""
    if not any(points.labels):
        return
    show(_FIND, VIEW["find"].text)
    st.text_input(
        "Find by label",
        key=_FIND,
        placeholder="Part of a label",
        max_chars=80,
        icon=":material/search:",
        on_change=lambda: VIEW["find"].keep(st.session_state[_FIND]),
        help="Points whose label contains this are selected and stand out on the map.",
    )
    words = VIEW["find"].text.strip()
    if words:
        count = len(points.labeled(words))
        st.caption(f"{count:,} {points.noun} selected." if count else "No label contains that.")


def draw_pin(run: ProjectionRequest) -> None:
    """Draw the pinned point; without one, how to pin one."""
    points, stage = run.points, stage_of(run)
    row = pinned(points)
    if row is None:
        st.caption("Click a point to pin it and see its nearest images.")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Pinned", anchor=False)
        st.button("Unpin", on_click=pin, args=(None,), icon=":material/close:", type="tertiary", key="unpin")
    _draw_image(points, row)
    facts = list(points.about(row).items())[:_SHOWN_FACTS]
    st.caption("  \n".join(f"{name}: **{escape_markdown(value)}**" for name, value in facts))
    if stage is not None:
        _draw_neighbors(run, near(points.vectors, stage.points, row, run.metric))


def near(
    vectors: NDArray[np.float32], coordinates: NDArray[np.float32], row: int, metric: str, k: int = NEIGHBORS
) -> Near:
    """The k true neighbours of one point.

    Args:
        vectors: (n, d), the true space.
        coordinates: (n, 2) or (n, 3), the map.
        row: the point.
        metric: "euclidean" or "cosine".
        k: how many; all others where there are fewer.
    """
    k = min(k, len(vectors) - 1)
    rows, similarities = nearest_to(vectors, row, k, metric=cast("Metric", metric))
    distances = np.linalg.norm(coordinates - coordinates[row].astype(np.float64), axis=1)
    farthest = np.partition(np.delete(distances, row), k - 1)[k - 1] if k else 0.0
    on_map = distances[rows] <= farthest
    return Near(rows, similarities if metric == "cosine" else -similarities, on_map)


def _draw_image(points: Points, row: int) -> None:
    if points.chosen.images is None:
        return
    try:
        sample = points.chosen.images[row]
    except FeatvizError as error:
        st.caption(escape_markdown(str(error)))
        return
    image = sample.image
    factor = _LARGE / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    st.image(image.resize(size, Image.Resampling.BICUBIC), output_format="PNG", width="content")
    draw_image_links(id_of(sample, f"{points.chosen.content}#{row}"))


def _draw_neighbors(run: ProjectionRequest, neighbors: Near) -> None:
    points, shared_count = run.points, int(neighbors.on_map.sum())
    st.markdown("**Nearest neighbors (original space)**")
    image_gallery(
        [_tile(points, run.metric, *each) for each in zip(*vars(neighbors).values(), strict=True)],
        key="pin.near",
        on_pick=pin,
        size=56,
    )
    k = len(neighbors.rows)
    st.caption(
        f"{shared_count} of these {k} are among its {k} nearest on the map ({_NEAR}; the others {_TORN}). "
        f"{_MEASURES[run.metric]}"
    )


def _tile(points: Points, metric: str, row: int, likeness: float, on_map: bool) -> Tile:
    address = thumbnail_address(points.chosen)
    note = f"{likeness:.3f}" if metric == "cosine" else format_number(float(likeness))
    what = f"cosine {note}" if metric == "cosine" else f"distance {note}"
    on_the_map = "among the nearest on the map, too" if on_map else "not among the nearest on the map"
    return Tile(
        number=int(row),
        address=f"{address}{row}" if address else "",
        title=points.labels[row] or points.embeddings.ids[row],
        note=note,
        mark=f"{what}; {on_the_map}",
        sign=_NEAR if on_map else _TORN,
        warning=not on_map,
    )
