"""What a link to the Filters page holds, beside the network."""

from featviz.ui.state.view_state import Text, ViewState, Whole

__all__ = ["VIEW"]

VIEW = ViewState("filters", convolution=Text(), filter=Whole(0), against=Text())
