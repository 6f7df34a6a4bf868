"""Rows of links: from a channel to what it looks for and what activates it, from an image to what is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from featviz.explain.targets.units import Channel
from featviz.models.model import Model
from featviz.representation.extraction.feature_layer import available_poolings
from featviz.ui.inputs.image_set import IMAGE_SET, SIZES
from featviz.ui.inputs.images.ids import position_of
from featviz.ui.inputs.target_text import readable_layers, target_text
from featviz.ui.state.offered_links import link_query

__all__ = ["draw_channel_links", "draw_image_links", "draw_page_link", "page_script"]

_PAGES = Path(__file__).parents[1] / "pages"


class _Link(NamedTuple):
    page: str
    label: str
    icon: str
    help: str


_OF_CHANNEL = (
    _Link(
        "feature_maps",
        "Feature maps",
        ":material/grid_view:",
        "Its activation at each position of the image.",
    ),
    _Link(
        "maximization", "Maximize", ":material/auto_awesome:", "What it looks for: an image made to drive it."
    ),
    _Link(
        "visual_search", "Top images", ":material/image_search:", "The images of a set that activate it most."
    ),
    _Link(
        "attribution",
        "Attribute",
        ":material/highlight_alt:",
        "Which pixels of the image explain its activation.",
    ),
)
_OF_IMAGE = (
    _Link(
        "feature_maps",
        "Feature maps",
        ":material/grid_view:",
        "What the channels of a layer make of it.",
    ),
    _Link(
        "attribution",
        "Attribution",
        ":material/highlight_alt:",
        "Which pixels explain the prediction.",
    ),
    _Link(
        "visual_search",
        "Neighbors",
        ":material/image_search:",
        "The images that the network finds most similar.",
    ),
)


def page_script(page: str) -> Path:
    """The script of a page, as Streamlit wants it named."""
    return _PAGES / page / f"{page}.py"


def draw_page_link(
    page: str, label: str, icon: str, choices: Mapping[str, str], *, explanation: str = ""
) -> None:
    """Draw a link to a page that makes these choices there, as `link_query`; it leaves the rest of a visit alone."""
    query = link_query(choices)
    st.page_link(page_script(page), label=label, icon=icon, help=explanation or None, query_params=query)


def draw_channel_links(model: Model, unit: Channel, *, here: str) -> None:
    """Draw the ways from a channel to the other pages that show it; nothing where its layer has no channels.

    Args:
        model: the network.
        unit: the channel.
        here: the page the row stands on, to which no link leads.
    """
    if unit.layer not in {layer.name for layer in readable_layers(model)}:
        return
    text = target_text(unit)
    chosen = {
        "feature_maps": {"layer": unit.layer, "channel": str(unit.channel)},
        "maximization": {"objective": text, "start_from": ""},
        "visual_search": _top_images(model, unit),
        "attribution": {"target": text},
    }
    _draw(_OF_CHANNEL, {page: {"current_unit": text} | each for page, each in chosen.items()}, here)


def draw_image_links(image_id: str, *, here: str = "") -> None:
    """Draw the ways from an image to what the network makes of it.

    Args:
        image_id: as links hold it.
        here: the page the row stands on, to which no link leads; "" where the image is not the one it shows.
    """
    image = {"image": image_id}
    _draw(
        _OF_IMAGE,
        {"feature_maps": image, "attribution": image, "visual_search": image | _neighbors(image_id)},
        here,
    )


def _top_images(model: Model, unit: Channel) -> dict[str, str]:
    pools = available_poolings(model.layer(unit.layer))
    return {
        "features": "layer",
        "embedding_layer": unit.layer,
        "pool": "mean" if "mean" in pools else pools[0],
        "search_by": "unit",
        "search_unit": str(unit.channel),
        "search_result": "",
    }


def _neighbors(image_id: str) -> dict[str, str]:
    """A bundled image is searched for among its own kind, an upload among what suits the network."""
    source, position = image_id.partition("/")[0], position_of(image_id)
    plain = {"search_box": "", "search_result": ""}
    if position is None:
        return plain | {
            "search_by": "camera" if source == "camera" else "upload",
            "search_uploaded": image_id,
        }
    size = next((each for each in SIZES if position < int(each)), SIZES[-1])
    larger = {"set_size": size} if position >= int(IMAGE_SET["set_size"].text) else {}
    return plain | larger | {"set": source, "search_by": "image", "search_image": str(position)}


def _draw(links: Sequence[_Link], changes: Mapping[str, Mapping[str, str]], here: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for page, label, icon, explanation in links:
            if page != here:
                draw_page_link(page, label, icon, changes[page], explanation=explanation)
