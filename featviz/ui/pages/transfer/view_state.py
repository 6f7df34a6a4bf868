"""What a link to the page Transfer holds, beside the network."""

from __future__ import annotations

from featviz.analysis.bundled_transfer import TRANSFERS
from featviz.ui.inputs.image_set import IMAGE_SET
from featviz.ui.state.view_state import Choice, ViewState

__all__ = ["LABELS", "OWN", "VIEW"]

OWN = "own"
LABELS = {"label": "Class", "shape": "Shape", "texture": "Texture"}

VIEW = ViewState(
    "transfer",
    **IMAGE_SET,
    transfer_of=Choice([*TRANSFERS, OWN], "shapes"),
    transfer_labels=Choice(LABELS),
    transfer_steps=Choice(("20", "40", "80", "160"), "40"),
    transfer_seeds=Choice(("2", "3", "5"), "3"),
)
