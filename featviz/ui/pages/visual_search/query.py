"""What is searched for: an image of the set, a user's own, a region of either, or what a unit answers to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.representation.descriptors import describe_image
from featviz.representation.search.regions import image_vectors, region_vectors
from featviz.text import printable
from featviz.ui.components.region.region import Edges
from featviz.ui.inputs.controls import segments, whole_number
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.inputs.images.ids import id_of, position_of
from featviz.ui.inputs.page_links import draw_channel_links, draw_image_links
from featviz.ui.pages.visual_search.by_unit import channel_of, choose_unit
from featviz.ui.pages.visual_search.picker import draw_picker
from featviz.ui.pages.visual_search.region import choose_box, draw_still, spatial_layer_of
from featviz.ui.pages.visual_search.uploaded_query import uploaded_image
from featviz.ui.pages.visual_search.view_state import QUERY_TYPES, VIEW, search_with, show_best_result
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.current_unit import is_news
from featviz.ui.state.feedback import cached_compute, escape_markdown
from featviz.ui.state.shared_view import SHARED

__all__ = ["SearchQuery", "choose_query", "choose_query_type", "draw_links", "image_of"]


@dataclass(frozen=True, eq=False)
class SearchQuery:
    """A query.

    Attributes:
        vector: (1, d); None where a unit is asked for.
        words: what it is, such as "image 17".
        image: what it was made from, where there is one.
        row: of the image in the set, which is left out where the most similar are found; None for images
            from elsewhere.
        box: the region that counts, None for the whole image.
        unit: which number of the vectors the images are ranked by; None for a search by similarity. The
            image is then one to compare with.
    """

    vector: NDArray[np.float32] | None
    words: str
    image: ChosenImage | None = None
    row: int | None = None
    box: Edges | None = None
    unit: int | None = None


def choose_query_type(embedding: EmbeddingResult) -> str:
    """Draw the choice of what kind of thing is searched for.

    New images can be taken where one layer or descriptor makes their vectors alone.
    """
    new = embedding.chosen.embeddings is None and embedding.request.fusion is None
    types = [each for each in QUERY_TYPES if new or each in ("image", "unit")]
    return segments("Search by", types, key=VIEW["search_by"], name=QUERY_TYPES.__getitem__)


def choose_query(embedding: EmbeddingResult, by: str) -> SearchQuery | None:
    """Draw what is searched for; None while an image is still to come.

    Args:
        embedding: the set.
        by: as `choose_query_type` gives it.
    """
    _take_up_image(embedding)
    row = whole_number(VIEW["search_image"], 0, len(embedding) - 1, 0)
    if by == "unit":
        return _unit(embedding, row)
    if by == "image":
        return _image_of_set(embedding, row)
    image = uploaded_image(by)
    return None if image is None else _image_query(embedding, image, None, "your image")


def _take_up_image(embedding: EmbeddingResult) -> None:
    """Search with the image that was chosen on another page, where it is one of this set."""
    image = SHARED["image"]
    if not is_news(VIEW.name, image, (VIEW["search_image"], VIEW["search_uploaded"])):
        return
    position = position_of(image.text)
    here = embedding.chosen.id == image.text.partition("/")[0]
    if here and position is not None and position < len(embedding):
        VIEW["search_image"].keep(position)
        VIEW["search_box"].keep("")
        show_best_result()


def image_of(embedding: EmbeddingResult, row: int) -> ChosenImage | None:
    """An image of the set; None where embeddings came without images."""
    images = embedding.chosen.images
    if images is None:
        return None
    sample = images[row]
    return ChosenImage(f"{embedding.chosen.content}#{row}", sample.image, sample.label)


def draw_links(embedding: EmbeddingResult, row: int) -> None:
    """Draw the ways from an image of the set to what the network makes of it; nothing without images."""
    images = embedding.chosen.images
    if images is not None:
        draw_image_links(id_of(images[row], f"{embedding.chosen.content}#{row}"), here=VIEW.name)


def _unit(embedding: EmbeddingResult, row: int) -> SearchQuery:
    """Draw the choice of a unit, and an image whose units are proposed."""
    unit, words = choose_unit(embedding, row)
    if (channel := channel_of(embedding, unit)) is not None:
        draw_channel_links(embedding.request.model, channel, here=VIEW.name)
    image = image_of(embedding, row)
    if image is not None:
        st.caption(_named(image, row))
        draw_still(embedding.request, image)
    draw_picker(embedding, row, _propose_units_of)
    return SearchQuery(None, words, image, row, unit=unit)


def _propose_units_of(row: int) -> None:
    VIEW["search_image"].keep(row)
    VIEW["search_unit"].keep("")


def _named(image: ChosenImage, row: int) -> str:
    label = f" · {image.label}" if image.label else ""
    return escape_markdown(printable(f"Image {row}{label}"))


def _image_of_set(embedding: EmbeddingResult, row: int) -> SearchQuery:
    image = image_of(embedding, row)
    if image is None:
        draw_picker(embedding, row, search_with)
        return SearchQuery(
            embedding.embeddings.vectors[row : row + 1], f"row {embedding.embeddings.ids[row]}", row=row
        )
    st.caption(_named(image, row))
    draw_links(embedding, row)
    query = _image_query(embedding, image, row, f"image {row}")
    draw_picker(embedding, row, search_with)
    return query


def _image_query(embedding: EmbeddingResult, image: ChosenImage, row: int | None, words: str) -> SearchQuery:
    """Draw the image with its box, and make its vector."""
    box = choose_box(embedding.request, image)
    if box is None and row is not None:
        return SearchQuery(embedding.embeddings.vectors[row : row + 1], words, image, row)
    vector = _vector(embedding.request, image, box)
    return SearchQuery(vector, f"a region of {words}" if box else words, image, row, box)


def _vector(request: EmbeddingRequest, image: ChosenImage, box: Edges | None) -> NDArray[np.float32]:
    model, options = request.model, tuple(sorted(request.options.items()))

    def make() -> NDArray[np.float32]:
        if box is not None:
            return region_vectors(model, image.image, spatial_layer_of(request), box)
        if request.descriptor:
            return describe_image(image.image, request.descriptor, size=request.size, **request.options)
        return image_vectors(model, image.image, request.layer, pool=request.pool, **request.options)

    network = (model.fingerprint, str(model.device))
    made_by = (request.layer, request.pool, request.descriptor, request.size, options)
    key = ("query", *network, *made_by, image.id, box)
    return cached_compute(FEATURES, key, make, lambda vector: vector.nbytes, doing="Embedding the image")
