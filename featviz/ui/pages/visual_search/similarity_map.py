"""Why an image was found: both pictures, and what each place of them adds to the similarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.errors import FeatvizError
from featviz.render.colormaps import COLORMAPS
from featviz.render.normalization import Scale, channel_scales, shared_scale
from featviz.representation.search.index import Neighbor
from featviz.representation.search.similarity_map import similarity_map
from featviz.ui.components.overlay_grid.overlay_grid import Cell, overlay_grid
from featviz.ui.inputs.display import chosen_opacity, diverging, keep_opacity
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.pages.visual_search.query import SearchQuery, picture_of
from featviz.ui.pages.visual_search.region import places_of
from featviz.ui.pages.visual_search.results import Results
from featviz.ui.pages.visual_search.view_state import VIEW, search_with
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.features import layer_maps
from featviz.ui.state.feedback import cached_compute, escape_markdown

__all__ = ["draw_why"]

Map = NDArray[np.float32]
_OPACITY = 60
_TOGETHER = "one for both"
_CHANNELS = ("mean", "max", "class_token")
"""The poolings that give one number a channel."""


def draw_why(found: EmbeddingResult, results: Results) -> None:
    """Draw the chosen result beside what was searched for, with the places that make them similar."""
    chosen, query = results.chosen, results.query
    if chosen is None:
        return
    picture = picture_of(found, chosen.position)
    heading = "Why this one?" if query.unit is None else "Where does the unit answer?"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(heading if picture is not None else f"Row {chosen.position}", anchor=False)
        st.button(
            "Search with this image" if picture is not None else "Search with this row",
            icon=":material/image_search:",
            on_click=search_with,
            args=(chosen.position,),
            key="search.onward",
        )
    if picture is None:
        st.caption("These embeddings came without images, so there is nothing to look at.")
        return
    try:
        _draw(found, query, chosen, picture)
    except FeatvizError as error:
        _draw_without(found, query, chosen, picture)
        st.caption(escape_markdown(str(error)))
        if found.request.pool != "mean":
            st.button("Pool by mean", on_click=_pool_by_mean, key="search.mean", icon=":material/join_inner:")


def _draw(found: EmbeddingResult, query: SearchQuery, chosen: Neighbor, picture: ChosenImage) -> None:
    request, places = found.request, places_of(found.request)
    if request.chosen.embeddings is not None:
        st.caption("The vectors came with the set: which places of the pictures they owe to is not known.")
    elif not places:
        _draw_without(found, query, chosen, picture)
        st.caption("This layer has no places of the picture to point at: choose an earlier one.")
    elif query.unit is not None:
        _draw_unit(found, query, query.unit, chosen, picture, places)
    elif query.picture is not None:
        _draw_pair(found, query, query.picture, chosen, picture, places)


def _draw_pair(
    found: EmbeddingResult,
    query: SearchQuery,
    picture: ChosenImage,
    chosen: Neighbor,
    other: ChosenImage,
    places: str,
) -> None:
    request, model = found.request, found.request.model
    options = tuple(sorted(request.options.items()))
    maps = cached_compute(
        FEATURES,
        (
            "why",
            model.fingerprint,
            str(model.device),
            places,
            request.pool,
            options,
            picture.id,
            other.id,
            query.box,
        ),
        lambda: similarity_map(
            model,
            picture.image,
            other.image,
            places,
            pool=request.pool,
            options=request.options,
            box=query.box,
        ),
        lambda made: made[0].nbytes + made[1].nbytes,
        doing="Looking for what makes them similar",
    )
    rows, columns = maps[0].shape
    _overlay(
        [input_pixels(model, each) for each in (picture, other)],
        maps,
        _titles(found, query, chosen),
        # A region's few places share what a whole picture's many do: on one scale the others would look empty.
        _TOGETHER if query.box is None else "each its own",
    )
    st.caption(
        f"Each of the {rows} x {columns} places of {escape_markdown(places)} adds to the cosine similarity (red) "
        f"or takes from it (blue). Over either picture they add up to {maps[1].sum():.3f}, the similarity."
    )


def _draw_unit(
    found: EmbeddingResult, query: SearchQuery, unit: int, chosen: Neighbor, picture: ChosenImage, places: str
) -> None:
    model = found.request.model
    shown = {f"Found: {_label(found, chosen)}": picture}
    if query.picture is not None and query.row != chosen.position:
        shown = {f"Image {query.row}": query.picture} | shown
    if found.request.pool not in _CHANNELS:
        st.caption(
            "This number of the vectors is no channel: choose mean or maximum to see where it answers."
        )
        return
    maps = [layer_maps(model, each, places)[places].maps for each in shown.values()]
    pictures = [input_pixels(model, each) for each in shown.values()]
    _overlay(pictures, [each[unit] for each in maps], list(shown), _TOGETHER)
    st.caption(f"The output of channel {unit} of {escape_markdown(places)} at each place, raw and signed.")


def _draw_without(found: EmbeddingResult, query: SearchQuery, chosen: Neighbor, picture: ChosenImage) -> None:
    """Draw the two pictures alone, where nothing is known of their places."""
    shown = [each for each in (query.picture, picture) if each is not None]
    titles = _titles(found, query, chosen)[-len(shown) :]
    for column, each, title in zip(st.columns(2), shown, titles, strict=False):
        column.image(input_pixels(found.request.model, each), escape_markdown(title), width="stretch")


def _pool_by_mean() -> None:
    VIEW["pool"].keep("mean")


def _titles(found: EmbeddingResult, query: SearchQuery, chosen: Neighbor) -> list[str]:
    return [f"Searched for: {query.words}", f"Found: {_label(found, chosen)}, {chosen.similarity:.3f}"]


def _label(found: EmbeddingResult, chosen: Neighbor) -> str:
    return found.embeddings.labels[chosen.position] or chosen.id


def _overlay(pictures: list[NDArray[np.uint8]], maps: Sequence[Map], columns: list[str], note: str) -> None:
    ids = [f"why{place}" for place in range(len(maps))]
    cells = [
        Cell(name, title, place, shown)
        for place, (name, title, shown) in enumerate(zip(ids, columns, maps, strict=True))
    ]
    overlay_grid(
        pictures,
        [cells],
        rows=[""],
        columns=columns,
        scales=dict(zip(ids, _scales(maps, together=note == _TOGETHER), strict=True)),
        colour_map=COLORMAPS[diverging()],
        opacity=chosen_opacity(_OPACITY),
        on_opacity=keep_opacity,
        scale_note=note,
        key="search.why",
    )


def _scales(maps: Sequence[Map], *, together: bool) -> tuple[Scale, ...]:
    stacked = np.stack(maps)
    if together:
        return (shared_scale(stacked, symmetric=True),) * len(maps)
    return channel_scales(stacked, symmetric=True)
