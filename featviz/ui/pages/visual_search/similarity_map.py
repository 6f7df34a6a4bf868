"""Why an image was found: both images, and what each position of them adds to the similarity."""

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
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.pages.visual_search.query import SearchQuery, draw_links, image_of
from featviz.ui.pages.visual_search.region import flattened_layer_of, spatial_layer_of
from featviz.ui.pages.visual_search.results import Results
from featviz.ui.pages.visual_search.view_state import VIEW, search_with
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.features import layer_maps
from featviz.ui.state.feedback import cached_compute, escape_markdown

__all__ = ["draw_similarity_map"]

Map = NDArray[np.float32]
_OPACITY = 60
_TOGETHER = "one for both"
_TOKEN, _MEAN_ICON = "class_token", ":material/join_inner:"
_CHANNELS = ("mean", "max", "class_token")
"""The poolings that give one number a channel."""


def draw_similarity_map(embedding: EmbeddingResult, results: Results) -> None:
    """Draw the chosen result beside what was searched for, with the positions that make them similar."""
    chosen, query = results.chosen, results.query
    if chosen is None:
        return
    image = image_of(embedding, chosen.position)
    heading = "Why this one?" if query.unit is None else "Where does the unit answer?"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(heading if image is not None else f"Row {chosen.position}", anchor=False)
        st.button(
            "Search with this image" if image is not None else "Search with this row",
            icon=":material/image_search:",
            on_click=search_with,
            args=(chosen.position,),
            key="search.onward",
        )
    draw_links(embedding, chosen.position)
    if image is None:
        st.caption("These embeddings came without images, so there is nothing to look at.")
        return
    try:
        _draw(embedding, query, chosen, image)
    except FeatvizError as error:
        _draw_without(embedding, query, chosen, image)
        st.caption(escape_markdown(str(error)))
        if embedding.request.pool != "mean":
            st.button("Pool by mean", on_click=_pool_by_mean, key="search.mean", icon=_MEAN_ICON)


def _draw(embedding: EmbeddingResult, query: SearchQuery, chosen: Neighbor, image: ChosenImage) -> None:
    request, layer = embedding.request, spatial_layer_of(embedding.request)
    if request.chosen.embeddings is not None:
        st.caption("The vectors came with the set: which positions of the images they owe to is not known.")
    elif not request.layer:
        _draw_without(embedding, query, chosen, image)
        st.caption(
            "Which positions hand-made or combined features owe to is not told: choose a network layer."
        )
    elif query.unit is not None and layer:
        _draw_unit(embedding, query, query.unit, chosen, image, layer)
    elif query.image is not None and (compared := _compared(request, layer)):
        _draw_pair(embedding, query, query.image, chosen, image, *compared)
    else:
        _draw_without(embedding, query, chosen, image)
        st.caption("This layer has no positions in the image to point at: choose an earlier one.")


def _compared(request: EmbeddingRequest, layer: str) -> tuple[str, str] | None:
    """The layer and the pooling whose positions are compared: for a class token the patches beside it."""
    if layer:
        return layer, "mean" if request.pool == _TOKEN else request.pool
    flattened = flattened_layer_of(request)
    return (flattened, "flatten") if flattened else None


def _draw_pair(
    embedding: EmbeddingResult,
    query: SearchQuery,
    image: ChosenImage,
    chosen: Neighbor,
    other: ChosenImage,
    layer: str,
    pool: str,
) -> None:
    request, model = embedding.request, embedding.request.model
    options = request.options if pool == request.pool else {}
    named = tuple(sorted(options.items()))
    who = (model.fingerprint, str(model.device), layer, pool, named, image.id, other.id, query.box)
    maps = cached_compute(
        FEATURES,
        ("why", *who),
        lambda: similarity_map(
            model, image.image, other.image, layer, pool=pool, options=options, box=query.box
        ),
        lambda pair: pair[0].nbytes + pair[1].nbytes,
        doing="Looking for what makes them similar",
    )
    _overlay(
        [input_pixels(model, each) for each in (image, other)],
        maps,
        _titles(embedding, query, chosen),
        # A region's few places share what a whole image's many do: on one scale the others would look empty.
        _TOGETHER if query.box is None else "each its own",
    )
    st.caption(_pair_words(maps, layer, of_patches=request.pool == _TOKEN))
    if request.pool == _TOKEN:
        st.button("Search by the patches", on_click=_pool_by_mean, key="search.mean", icon=_MEAN_ICON)


def _pair_words(maps: Sequence[Map], layer: str, *, of_patches: bool) -> str:
    """What a similarity map shows, and what its numbers add up to."""
    rows, columns = maps[0].shape
    of_what = "the cosine similarity of the mean patches" if of_patches else "the cosine similarity"
    added = "that similarity" if of_patches else "the similarity"
    words = (
        f"Each of the {rows} × {columns} positions of {escape_markdown(layer)} adds to {of_what} (red) "
        f"or takes from it (blue). Over either image they add up to {maps[1].sum():.3f}, {added}."
    )
    if not of_patches:
        return words
    return f"The search compares class tokens, which have no position; the map compares the patches. {words}"


def _draw_unit(
    embedding: EmbeddingResult,
    query: SearchQuery,
    unit: int,
    chosen: Neighbor,
    image: ChosenImage,
    layer: str,
) -> None:
    model = embedding.request.model
    shown = {f"Found: {_label(embedding, chosen)}": image}
    if query.image is not None and query.row != chosen.position:
        shown = {f"Image {query.row}": query.image} | shown
    if embedding.request.pool not in _CHANNELS:
        st.caption(
            "This number of the vectors is no channel: choose mean or maximum to see where it answers."
        )
        return
    maps = [layer_maps(model, each, layer)[layer].maps for each in shown.values()]
    images = [input_pixels(model, each) for each in shown.values()]
    _overlay(images, [each[unit] for each in maps], list(shown), _TOGETHER)
    st.caption(f"The output of channel {unit} of {escape_markdown(layer)} at each position, raw and signed.")


def _draw_without(
    embedding: EmbeddingResult, query: SearchQuery, chosen: Neighbor, image: ChosenImage
) -> None:
    """Draw the two images alone, where nothing is known of their positions."""
    shown = [each for each in (query.image, image) if each is not None]
    titles = _titles(embedding, query, chosen)[-len(shown) :]
    for column, each, title in zip(st.columns(2), shown, titles, strict=False):
        column.image(input_pixels(embedding.request.model, each), escape_markdown(title), width="stretch")


def _pool_by_mean() -> None:
    VIEW["pool"].keep("mean")


def _titles(embedding: EmbeddingResult, query: SearchQuery, chosen: Neighbor) -> list[str]:
    return [f"Searched for: {query.words}", f"Found: {_label(embedding, chosen)}, {chosen.similarity:.3f}"]


def _label(embedding: EmbeddingResult, chosen: Neighbor) -> str:
    return embedding.embeddings.labels[chosen.position] or chosen.id


def _overlay(images: list[NDArray[np.uint8]], maps: Sequence[Map], columns: list[str], note: str) -> None:
    ids = [f"why{position}" for position in range(len(maps))]
    cells = [
        Cell(name, title, position, shown)
        for position, (name, title, shown) in enumerate(zip(ids, columns, maps, strict=True))
    ]
    overlay_grid(
        images,
        [cells],
        rows=[""],
        columns=columns,
        scales=dict(zip(ids, _scales(maps, together=note == _TOGETHER), strict=True)),
        colormap=COLORMAPS[diverging()],
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
