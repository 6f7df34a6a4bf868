"""The picture that is searched for, and the region of it that counts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from featviz.representation.extraction.pooling import POOLINGS
from featviz.representation.search.regions import cells_in_box, spatial_layer
from featviz.ui.components.region.region import Edges, box_around, read_box, region_canvas, write_box
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.pages.visual_search.view_state import VIEW, forget_found
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.feedback import cached_compute

__all__ = ["choose_box", "draw_still", "places_of"]

_STILL = 480


def places_of(request: EmbeddingRequest) -> str:
    """The layer whose places make up the vectors, or "" where there is none."""
    if request.chosen.embeddings is not None:
        return ""
    return cached_compute(
        FEATURES,
        ("places", request.model.fingerprint, request.layer),
        lambda: spatial_layer(request.model, request.layer),
        lambda _name: 200,
        doing="Looking for the places of the layer",
    )


def choose_box(request: EmbeddingRequest, picture: ChosenImage) -> Edges | None:
    """Draw the picture on which a box is drawn, and say why where none can be."""
    if request.chosen.embeddings is not None:
        draw_still(request, picture)
        st.caption(_no_region(request, ""))
        return None
    places = places_of(request)
    usable = bool(places) and request.pool == "mean"
    grid = request.model.layers_by_name[places].grid if usable else None
    drawn = read_box(VIEW["search_box"].text) if grid is not None else None
    box = box_around(cells_in_box(grid, drawn)) if grid is not None and drawn is not None else None
    region_canvas(input_pixels(request.model, picture), grid, box, on_box=_keep_box, key="search.region")
    if not usable:
        st.caption(_no_region(request, places))
    return box


def draw_still(request: EmbeddingRequest, picture: ChosenImage) -> None:
    """Draw a picture on which no box can be drawn: what the network sees of it, or all where none is asked."""
    if request.chosen.embeddings is None:
        shown = input_pixels(request.model, picture)
    else:
        small = picture.image.copy()
        small.thumbnail((_STILL, _STILL))
        shown = np.asarray(small)
    region_canvas(shown, None, None, on_box=_keep_box, key="search.region")


def _keep_box(box: Edges | None) -> None:
    VIEW["search_box"].keep(write_box(box))
    forget_found()


def _no_region(request: EmbeddingRequest, places: str) -> str:
    if request.chosen.embeddings is not None:
        return "Regions need the network that made the vectors; these came with the set."
    if not places:
        return "This layer has no places, so there are no regions to search for: choose an earlier one."
    return f"For regions choose mean instead of {POOLINGS[request.pool].name.lower()}."
