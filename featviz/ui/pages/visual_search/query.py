"""What is searched for: an image of the set, a visitor's own, a region of either, or what a unit answers to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.representation.search.regions import image_vectors, region_vectors
from featviz.text import printable
from featviz.ui.components.region.region import Edges
from featviz.ui.inputs.controls import segments, whole_number
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.pages.visual_search.by_unit import choose_unit
from featviz.ui.pages.visual_search.picker import draw_picker
from featviz.ui.pages.visual_search.region import choose_box, draw_still, places_of
from featviz.ui.pages.visual_search.uploaded_query import own_picture
from featviz.ui.pages.visual_search.view_state import VIEW, WAYS, search_with
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import cached_compute, escape_markdown

__all__ = ["SearchQuery", "choose_query", "choose_way", "picture_of"]


@dataclass(frozen=True, eq=False)
class SearchQuery:
    """A query.

    Attributes:
        vector: (1, d); None where a unit is asked for.
        words: what it is, such as "image 17".
        picture: what it was made from, where there is one.
        row: of the image in the set, which is left out where the most similar are found; None for pictures
            from elsewhere.
        box: the region that counts, None for the whole picture.
        unit: which number of the vectors the images are ranked by; None for a search by similarity. The
            picture is then one to compare with.
    """

    vector: NDArray[np.float32] | None
    words: str
    picture: ChosenImage | None = None
    row: int | None = None
    box: Edges | None = None
    unit: int | None = None


def choose_way(found: EmbeddingResult) -> str:
    """Draw the choice of what kind of thing is searched for; vectors without a network take no new pictures."""
    ways = [way for way in WAYS if found.chosen.embeddings is None or way in ("image", "unit")]
    return segments("Search by", ways, key=VIEW["search_by"], name=WAYS.__getitem__)


def choose_query(found: EmbeddingResult, by: str) -> SearchQuery | None:
    """Draw what is searched for; None while a picture is still to come.

    Args:
        found: the set.
        by: as `choose_way` gives it.
    """
    row = whole_number(VIEW["search_image"], 0, len(found) - 1, 0)
    if by == "unit":
        return _unit(found, row)
    if by == "image":
        return _image_of_set(found, row)
    picture = own_picture(by)
    return None if picture is None else _asked(found, picture, None, "your picture")


def picture_of(found: EmbeddingResult, row: int) -> ChosenImage | None:
    """An image of the set; None where embeddings came without images."""
    images = found.chosen.images
    if images is None:
        return None
    sample = images[row]
    return ChosenImage(f"{found.chosen.content}#{row}", sample.image, sample.label)


def _unit(found: EmbeddingResult, row: int) -> SearchQuery:
    """Draw the choice of a unit, and an image whose units are proposed."""
    unit, words = choose_unit(found, row)
    picture = picture_of(found, row)
    if picture is not None:
        st.caption(_named(picture, row))
        draw_still(found.request, picture)
    draw_picker(found, row, _propose_units_of)
    return SearchQuery(None, words, picture, row, unit=unit)


def _propose_units_of(row: int) -> None:
    VIEW["search_image"].keep(row)
    VIEW["search_unit"].keep("")


def _named(picture: ChosenImage, row: int) -> str:
    label = f" · {picture.label}" if picture.label else ""
    return escape_markdown(printable(f"Image {row}{label}"))


def _image_of_set(found: EmbeddingResult, row: int) -> SearchQuery:
    picture = picture_of(found, row)
    if picture is None:
        draw_picker(found, row, search_with)
        return SearchQuery(
            found.embeddings.vectors[row : row + 1], f"row {found.embeddings.ids[row]}", row=row
        )
    st.caption(_named(picture, row))
    query = _asked(found, picture, row, f"image {row}")
    draw_picker(found, row, search_with)
    return query


def _asked(found: EmbeddingResult, picture: ChosenImage, row: int | None, words: str) -> SearchQuery:
    """Draw the picture with its box, and make its vector."""
    box = choose_box(found.request, picture)
    if box is None and row is not None:
        return SearchQuery(found.embeddings.vectors[row : row + 1], words, picture, row)
    vector = _vector(found.request, picture, box)
    return SearchQuery(vector, f"a region of {words}" if box else words, picture, row, box)


def _vector(request: EmbeddingRequest, picture: ChosenImage, box: Edges | None) -> NDArray[np.float32]:
    model, options = request.model, tuple(sorted(request.options.items()))

    def make() -> NDArray[np.float32]:
        if box is not None:
            return region_vectors(model, picture.image, places_of(request), box)
        return image_vectors(model, picture.image, request.layer, pool=request.pool, **request.options)

    key = (
        "query",
        model.fingerprint,
        str(model.device),
        request.layer,
        request.pool,
        options,
        picture.id,
        box,
    )
    return cached_compute(FEATURES, key, make, lambda made: made.nbytes, doing="Embedding the picture")
