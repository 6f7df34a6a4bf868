"""What a link to the page Visual search holds, beside the network, and what changes together."""

from __future__ import annotations

from featviz.ui.inputs.display import OPACITY
from featviz.ui.inputs.embedding import EMBEDDING
from featviz.ui.inputs.image_set import IMAGE_SET
from featviz.ui.state.view_state import Choice, Text, ViewState, Whole

__all__ = ["KINDS", "QUERY_TYPES", "RESULT_COUNTS", "VIEW", "search_with", "show_best_result"]

QUERY_TYPES = {
    "image": "An image of the set",
    "upload": "Your image",
    "camera": "The camera",
    "unit": "A unit",
}
"""What can be searched for, with what people call it."""

RESULT_COUNTS = ("12", "24", "48", "96")
"""How many results may be requested."""

KINDS = {"auto": "Automatic", "exact": "Exact", "ivf": "Approximate"}
"""Indexes, with what people call them."""

VIEW = ViewState(
    "visual_search",
    **IMAGE_SET,
    **EMBEDDING,
    search_by=Choice(QUERY_TYPES, "image"),
    search_image=Whole(0, default=0),
    search_uploaded=Text("(upload|camera|drawing)/[0-9a-f]{32}", was=("search_own",)),
    search_box=Text("[-+0-9.e, ]+"),
    search_unit=Whole(0),
    search_result=Whole(0, was=("search_found",)),
    search_count=Choice(RESULT_COUNTS, "24", was=("search_most",)),
    search_index=Choice(KINDS, "auto"),
    **OPACITY,
)


def search_with(row: int) -> None:
    """Make an image of the set the query."""
    VIEW["search_by"].keep("image")
    VIEW["search_image"].keep(row)
    VIEW["search_box"].keep("")
    show_best_result()


def show_best_result() -> None:
    """Look at the best result again, once another query is made."""
    VIEW["search_result"].keep("")
