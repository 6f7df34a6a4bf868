"""What a link to the Embeddings page holds, beside the network."""

from featviz.representation.projection import PROJECTIONS
from featviz.ui.inputs.embedding import EMBEDDING
from featviz.ui.inputs.image_set import IMAGE_SET
from featviz.ui.state.view_state import Choice, Several, Text, ViewState, Whole

__all__ = ["SEEDS", "VIEW"]

SEEDS = 10_000
"""How many seeds of a map there are, from 0."""

VIEW = ViewState(
    "embeddings",
    **IMAGE_SET,
    **EMBEDDING,
    projection=Choice(PROJECTIONS, "tsne"),
    dimensions=Choice(("2", "3"), "2"),
    map_seed=Whole(0, SEEDS - 1, 0),
    from_map=Text("[0-9a-f]{16}"),
    color=Text(
        was=("colour",), renamed={"colour": "color", "honesty.neighbour_overlap": "honesty.neighbor_overlap"}
    ),
    unit=Whole(0),
    hidden=Several(longest=2000),
    pin=Whole(0),
    named=Choice(("0", "1"), "1"),
    find=Text(),
    markers=Choice(
        ("points", "thumbnails"),
        "points",
        was=("drawn_as",),
        renamed={"dots": "points", "pictures": "thumbnails"},
    ),
)
