"""What a link to the Feature maps page holds, beside the network and the image."""

from featviz.ui.inputs.comparison.matched_layer import MATCHED
from featviz.ui.inputs.display import LOOK, OPACITY
from featviz.ui.inputs.layer import LAYERS
from featviz.ui.inputs.second_network import SECOND
from featviz.ui.state.view_state import Text, ViewState, Whole

__all__ = ["VIEW"]

VIEW = ViewState(
    "feature_maps",
    **LAYERS,
    channel=Whole(0),
    opened=Text(),
    query=Whole(0),
    **LOOK,
    **OPACITY,
    **SECOND,
    **MATCHED,
    second_channel=Whole(0),
)
"""`opened` is the layer whose channel is shown large, where that is one of those beside the first; `query` is the
token whose attention is shown; `second_channel` is the large one of the second network, where it is not the same."""
