"""The image that is searched for, and the region of it that counts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from featviz.representation.extraction.pooling import POOLINGS
from featviz.representation.search.regions import cells_in_box, flattened_layer, spatial_layer
from featviz.ui.components.region.region import Edges, box_around, read_box, region_canvas, write_box
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.pages.visual_search.view_state import VIEW, show_best_result
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.feedback import cached_compute

__all__ = ["choose_box", "draw_still", "flattened_layer_of", "spatial_layer_of"]

_STILL = 480


def spatial_layer_of(request: EmbeddingRequest) -> str:
    """The layer whose positions make up the vectors, or "" where there is none."""
    if not request.layer:
        return ""
    return cached_compute(
        FEATURES,
        ("places", request.model.fingerprint, request.layer),
        lambda: spatial_layer(request.model, request.layer),
        lambda _name: 200,
        doing="Looking for the positions of the layer",
    )


def flattened_layer_of(request: EmbeddingRequest) -> str:
    """The layer whose positions, one after the other, are the vectors, or "" where there is none."""
    if not request.layer:
        return ""
    return cached_compute(
        FEATURES,
        ("flattened", request.model.fingerprint, request.layer),
        lambda: flattened_layer(request.model, request.layer),
        lambda _name: 200,
        doing="Looking for the positions of the layer",
    )


def choose_box(request: EmbeddingRequest, image: ChosenImage) -> Edges | None:
    """Draw the image on which a box is drawn, and say why where none can be."""
    if not request.layer:
        draw_still(request, image)
        st.caption(_no_region(request, ""))
        return None
    layer = spatial_layer_of(request)
    usable = bool(layer) and request.pool == "mean"
    grid = request.model.layers_by_name[layer].grid if usable else None
    drawn = read_box(VIEW["search_box"].text) if grid is not None else None
    box = box_around(cells_in_box(grid, drawn)) if grid is not None and drawn is not None else None
    region_canvas(input_pixels(request.model, image), grid, box, on_box=_keep_box, key="search.region")
    if not usable:
        st.caption(_no_region(request, layer))
    return box


def draw_still(request: EmbeddingRequest, image: ChosenImage) -> None:
    """Draw an image on which no box can be drawn: what the network sees of it, or all where none is asked."""
    if request.layer:
        shown = input_pixels(request.model, image)
    else:
        small = image.image.copy()
        small.thumbnail((_STILL, _STILL))
        shown = np.asarray(small)
    region_canvas(shown, None, None, on_box=_keep_box, key="search.region")


def _keep_box(box: Edges | None) -> None:
    VIEW["search_box"].keep(write_box(box))
    show_best_result()


def _no_region(request: EmbeddingRequest, layer: str) -> str:
    if request.chosen.embeddings is not None:
        return "Regions need the network that made the vectors; these came with the set."
    if not request.layer:
        return "Regions need the positions of one layer: choose Network layer as the features."
    flattened = "" if layer else flattened_layer_of(request)
    if flattened:
        return f"For regions choose the layer {flattened} and mean pooling: this one joins all its positions."
    if not layer:
        return "This layer has no positions in the image, so there are no regions to search for: choose an earlier one."
    return f"For regions choose mean instead of {POOLINGS[request.pool].name.lower()}."
