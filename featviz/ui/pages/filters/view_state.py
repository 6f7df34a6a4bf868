"""What a link to the Filters page holds, beside the network."""

from featviz.ui.inputs.second_network import SECOND
from featviz.ui.state.view_state import Choice, Text, ViewState, Whole

__all__ = ["NORMALIZATIONS", "VIEW"]

NORMALIZATIONS = {"shared": "Shared", "filter": "Per filter"}
"""Which weights share a scale: those of all filters on the page, or those of one filter."""

VIEW = ViewState(
    "filters",
    convolution=Text(),
    filter=Whole(0),
    **SECOND,
    matched_convolution=Text(),
    second_filter=Whole(0),
    weight_scale=Choice(NORMALIZATIONS, "shared"),
)
"""`matched_convolution` and `second_filter` are those of a second network of another architecture."""
