"""What a link to the Feature maps page holds, beside the network and the image."""

from featviz.ui.inputs.display import LOOK, OPACITY
from featviz.ui.inputs.layer import LAYERS
from featviz.ui.state.view_state import ViewState, Whole

__all__ = ["VIEW"]

VIEW = ViewState("feature_maps", **LAYERS, channel=Whole(0), **LOOK, **OPACITY)
