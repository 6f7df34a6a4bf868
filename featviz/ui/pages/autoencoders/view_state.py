"""What a link to the page Autoencoders holds."""

from __future__ import annotations

from featviz.ui.state.view_state import Choice, Text, ViewState, Whole

__all__ = ["ORDERS", "VIEW"]

ORDERS = {"set": "As in the set", "worst": "Largest error first", "best": "Smallest error first"}
"""In which order reconstructions stand, with what people call it."""

VIEW = ViewState(
    "autoencoders",
    code_run=Text("[a-z0-9_/-]+"),
    code_order=Choice(ORDERS, "set"),
    code_first=Whole(0, default=0),
    code_second=Whole(0, default=1),
)
