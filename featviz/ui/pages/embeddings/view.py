"""The map on the screen: the points as they unfold, what it is at, and the ways to stop it and to go on."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.representation.projection import Projection, ProjectionProgress
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.legend.legend import legend
from featviz.ui.components.scatter.scatter import scatter
from featviz.ui.pages.embeddings.controls import Colors, as_thumbnails, use_warm_start, warm_start_lost
from featviz.ui.pages.embeddings.files import about_map
from featviz.ui.pages.embeddings.names import axis_names, names_on_map
from featviz.ui.pages.embeddings.request import MAP, ProjectionRequest
from featviz.ui.pages.embeddings.selection_state import SCATTER, has_news, selected, take_news
from featviz.ui.pages.embeddings.tasks import (
    POLICY,
    agree,
    has_lines,
    is_offered,
    neighbor_task,
    stage_of,
    start_map,
    work_of,
)
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import draw_progress, live, waiting_words
from featviz.ui.state.tasks import cached_result, duration

__all__ = ["draw_map", "unfold"]

_HEIGHT = 640
_LAST = "_map_last_shown"
_LOST = "The map that this link begins with is not on this server any more: this one was drawn anew."
_NO_LINES = "Of so many points no lines to true neighbors are drawn: pin one to see its own."


def unfold(run: ProjectionRequest) -> ProjectionRequest:
    """Start a map that is not there yet, and give it back."""
    start_map(run)
    return run


def draw_map(run: ProjectionRequest, colors: Colors) -> None:
    """Draw a map; while it unfolds, again and again."""
    stage = stage_of(run)
    if stage is not None:
        take_news(run.points, stage.points, colors.coloring.shown(colors.hidden))
    live(
        work_of(run),
        lambda _stage: _draw(run, colors),
        policy=POLICY,
        status=None,
        chosen=lambda: (has_news(), is_offered(run)),
    )


def _draw(run: ProjectionRequest, colors: Colors) -> None:
    stage = stage_of(run)
    coordinates = _coordinates(run, stage)
    if coordinates is None:
        st.caption(waiting_words(MAP))
    else:
        _draw_points(run, coordinates, colors)
        st.session_state[_LAST] = (run.points.key, coordinates)
    offered = is_offered(run)
    if not offered and cached_result(run.task) is None:
        draw_progress(MAP, use_warm_start, key="map.progress")
    if offered:
        _offer(run)
    elif stage is not None:
        _draw_words(run, stage)


def _coordinates(
    run: ProjectionRequest, stage: ProjectionProgress[Projection] | None
) -> NDArray[np.float32] | None:
    """Where the points are: on this map, or before its first stage on the one before."""
    if stage is not None:
        return stage.points
    key, coordinates = st.session_state.get(_LAST, (None, None))
    same = key == run.points.key and coordinates.shape[1] == run.dimensions
    return coordinates if same else None


def _draw_points(run: ProjectionRequest, coordinates: NDArray[np.float32], colors: Colors) -> None:
    points, table = run.points, neighbor_task(run)
    neighbors = None if table is None else cached_result(table)
    scatter(
        coordinates,
        key=SCATTER,
        colors=colors.coloring.indices,
        palette=colors.coloring.palette,
        shown=colors.coloring.shown(colors.hidden),
        captions=points.captions,
        thumbnails=thumbnail_address(points.chosen),
        neighbors=neighbors if isinstance(neighbors, np.ndarray) else None,
        selected=selected(points),
        as_thumbnails=as_thumbnails(),
        height=_HEIGHT,
        about=about_map(run),
        legend=legend(colors.coloring, colors.hidden),
        axes=axis_names(run, stage_of(run)),
        names=names_on_map(coordinates, colors.coloring) if colors.named else (),
    )


def _offer(run: ProjectionRequest) -> None:
    """Say what the map costs, and let a user decide."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="map.offer"):
        st.caption(
            f"{run.name} of {len(run.points):,} {run.points.noun} takes about {duration(run.expected)}, and can be "
            "stopped. Until then, this is what it begins with.",
            width="stretch",
        )
        st.button("Unfold it", on_click=agree, args=(run,), key="map.agree", icon=":material/play_arrow:")


def _draw_words(run: ProjectionRequest, stage: ProjectionProgress[Projection]) -> None:
    """Say what is drawn: how many points, what the axes are, what the method has to say."""
    points = run.points
    said = [f"{len(points):,} {points.noun}."]
    if points.total > len(points):
        said = [f"A sample of {len(points):,} of {points.total:,} {points.noun}, drawn by chance (seed 0)."]
    if stage.result is None:
        said.append(f"{stage.note[:1].upper()}{stage.note[1:]}.")
    else:
        about = stage.result.about
        said += about.get("notes", ())
        if warm_start_lost(run):
            said.append(_LOST)
        if not has_lines(run):
            said.append(_NO_LINES)
    st.caption(escape_markdown(" ".join(said)))
