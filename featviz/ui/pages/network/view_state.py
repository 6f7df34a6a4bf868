"""What a link to the Network page holds, beside the network and the image."""

from featviz.ui.inputs.layer import LAYERS
from featviz.ui.state.view_state import ViewState

__all__ = ["VIEW"]

VIEW = ViewState("network", layer=LAYERS["layer"])
