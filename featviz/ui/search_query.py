"""What is searched for: an image of the set, a visitor's own, a region of either, or what a unit answers to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.data.names import printable
from featviz.errors import FeatvizError
from featviz.representation.pooling import POOLINGS
from featviz.representation.search.places import (
    cells_within,
    image_vectors,
    layer_with_places,
    region_vectors,
)
from featviz.ui.cache import FEATURES
from featviz.ui.controls import segments, whole_number
from featviz.ui.embedding_input import Wanted
from featviz.ui.embedding_work import Embedded
from featviz.ui.image_input import Picture, seen_by
from featviz.ui.notices import computed, escaped
from featviz.ui.own_pictures import kept, own_id, read_own
from featviz.ui.search_picker import draw_picker
from featviz.ui.search_region import Edges, box_around, read_box, region_canvas, write_box
from featviz.ui.search_unit import choose_unit

__all__ = ["SEARCH_KEYS", "Asked", "choose_query", "choose_way", "picture_of", "places_of", "search_with"]

BY, IMAGE, OWN, BOX, UNIT, FOUND = (
    *("search_by", "search_image", "search_own"),
    *("search_box", "search_unit", "search_found"),
)
SEARCH_KEYS = (BY, IMAGE, OWN, BOX, UNIT, FOUND, "search_most", "search_index")
"""What a link to this page holds, beside the network, the set and what embeds it."""

_WAYS = {"image": "An image of the set", "upload": "Your picture", "camera": "The camera", "unit": "A unit"}
_MAX_UPLOAD_MB = 20


@dataclass(frozen=True, eq=False)
class Asked:
    """A query.

    Attributes:
        vector: (1, d); None where a unit is asked for.
        words: what it is, such as "image 17".
        picture: what it was made from, where there is one.
        row: of the image in the set, which is left out of what is found; None for pictures from elsewhere.
        box: the region that counts, None for the whole picture.
        unit: which number of the vectors the images are ranked by; None for a search by similarity.
    """

    vector: NDArray[np.float32] | None
    words: str
    picture: Picture | None = None
    row: int | None = None
    box: Edges | None = None
    unit: int | None = None


def choose_way(found: Embedded) -> str:
    """Draw the choice of what kind of thing is searched for; vectors without a network take no new pictures."""
    ways = [way for way in _WAYS if found.chosen.brought is None or way in ("image", "unit")]
    return segments("Search by", ways, key=BY, default="image", name=_WAYS.__getitem__)


def choose_query(found: Embedded, by: str) -> Asked | None:
    """Draw what is searched for; None while a picture is still to come.

    Args:
        found: the set.
        by: as `choose_way` gives it.
    """
    row = whole_number(IMAGE, 0, len(found) - 1, 0)
    if by == "unit":
        unit, words = choose_unit(found, row, key=UNIT)
        return Asked(None, words, unit=unit)
    if by == "image":
        return _image_of_set(found, row)
    picture = _own_picture(by)
    return None if picture is None else _asked(found, picture, None, "your picture")


def picture_of(found: Embedded, row: int) -> Picture | None:
    """An image of the set; None where embeddings came without images."""
    images = found.chosen.images
    if images is None:
        return None
    sample = images[row]
    return Picture(f"{found.chosen.content}#{row}", sample.image, sample.label)


def places_of(wanted: Wanted) -> str:
    """The layer whose places make up the vectors, or "" where there is none."""
    if wanted.chosen.brought is not None:
        return ""
    return computed(
        FEATURES,
        ("places", wanted.model.fingerprint, wanted.layer),
        lambda: layer_with_places(wanted.model, wanted.layer),
        lambda _name: 200,
        doing="Looking for the places of the layer",
    )


def search_with(row: int) -> None:
    """Make an image of the set the query."""
    st.session_state[BY] = "image"
    st.session_state[IMAGE] = row
    st.session_state[BOX] = st.session_state[FOUND] = ""


def _image_of_set(found: Embedded, row: int) -> Asked:
    picture = picture_of(found, row)
    if picture is None:
        draw_picker(found, row, search_with)
        return Asked(found.embeddings.vectors[row : row + 1], f"row {found.embeddings.ids[row]}", row=row)
    label = f" · {picture.label}" if picture.label else ""
    st.caption(escaped(printable(f"Image {row}{label}")))
    asked = _asked(found, picture, row, f"image {row}")
    draw_picker(found, row, search_with)
    return asked


def _asked(found: Embedded, picture: Picture, row: int | None, words: str) -> Asked:
    """Draw the picture with its box, and make its vector."""
    box = _choose_box(found.wanted, picture)
    if box is None and row is not None:
        return Asked(found.embeddings.vectors[row : row + 1], words, picture, row)
    vector = _vector(found.wanted, picture, box)
    return Asked(vector, f"a region of {words}" if box else words, picture, row, box)


def _choose_box(wanted: Wanted, picture: Picture) -> Edges | None:
    """Draw the picture on which a box is drawn, and say why where none can be."""
    if wanted.chosen.brought is not None:
        region_canvas(np.asarray(picture.image), None, None, on_box=_keep_box, key="search.region")
        st.caption(_no_region(wanted, ""))
        return None
    places = places_of(wanted)
    usable = bool(places) and wanted.pool == "mean"
    grid = wanted.model.layers_by_name[places].grid if usable else None
    drawn = read_box(str(st.session_state.get(BOX, ""))) if grid is not None else None
    box = box_around(cells_within(grid, drawn)) if grid is not None and drawn is not None else None
    region_canvas(seen_by(wanted.model, picture), grid, box, on_box=_keep_box, key="search.region")
    if not usable:
        st.caption(_no_region(wanted, places))
    return box


def _keep_box(box: Edges | None) -> None:
    st.session_state[BOX] = write_box(box)
    st.session_state[FOUND] = ""


def _no_region(wanted: Wanted, places: str) -> str:
    if wanted.chosen.brought is not None:
        return "Regions need the network that made the vectors; these came with the set."
    if not places:
        return "This layer has no places, so there are no regions to search for: choose an earlier one."
    return f"For regions choose mean instead of {POOLINGS[wanted.pool].name.lower()}."


def _vector(wanted: Wanted, picture: Picture, box: Edges | None) -> NDArray[np.float32]:
    model, options = wanted.model, tuple(sorted(wanted.options.items()))

    def make() -> NDArray[np.float32]:
        if box is not None:
            return region_vectors(model, picture.image, places_of(wanted), box)
        return image_vectors(model, picture.image, wanted.layer, pool=wanted.pool, **wanted.options)

    key = ("query", model.fingerprint, str(model.device), wanted.layer, wanted.pool, options, picture.id, box)
    return computed(FEATURES, key, make, lambda made: made.nbytes, doing="Embedding the picture")


def _own_picture(way: str) -> Picture | None:
    """Draw the way to hand over a picture; the one handed over last stays until another comes."""
    if way == "upload":
        file = st.file_uploader(
            "Your picture",
            max_upload_size=_MAX_UPLOAD_MB,
            key="search.upload",
            help="It stays in this server's memory for a while, so that a link to it works, and is never "
            "written to disk.",
        )
    else:
        file = st.camera_input("Camera", key="search.camera", label_visibility="collapsed")
    if file is not None:
        try:
            image_id = own_id(way, file.getvalue())
            read_own(image_id, file.getvalue())
        except FeatvizError as error:
            st.error(escaped(str(error)), icon=":material/broken_image:")
            return None
        _take_up(image_id)
    image_id = str(st.session_state.get(OWN, ""))
    image = kept(image_id) if image_id.startswith(f"{way}/") else None
    if image is None:
        st.caption("The images that are most like it appear as soon as it is there.")
        return None
    return Picture(image_id, image, None)


def _take_up(image_id: str) -> None:
    """A new picture begins without the box of the one before."""
    if st.session_state.get(OWN) != image_id:
        st.session_state[OWN] = image_id
        st.session_state[BOX] = st.session_state[FOUND] = ""
