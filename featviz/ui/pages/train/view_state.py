"""What a link to the page Train holds."""

from __future__ import annotations

from featviz.training.methods import TRAINING_METHODS
from featviz.training.networks import NETWORKS
from featviz.ui.inputs.image_set import IMAGE_SET
from featviz.ui.inputs.level import LEVEL
from featviz.ui.inputs.method import METHODS_CHOSEN
from featviz.ui.state.view_state import Choice, ViewState, Whole

__all__ = ["LABELS", "MAX_EPOCHS", "RESOLUTIONS", "VIEW"]

LABELS = {"label": "Class", "shape": "Shape", "texture": "Texture"}
"""What may be learned, with what people call it; of the Shapes world alone what its images are made from."""

RESOLUTIONS = ("16", "24", "32", "48", "64", "96")
"""Height and width in pixels that images may be scaled to."""

MAX_EPOCHS = 200

VIEW = ViewState(
    "train",
    **IMAGE_SET,
    train_method=Choice(TRAINING_METHODS, "supervised"),
    train_network=Choice(NETWORKS),
    train_labels=Choice(LABELS),
    train_resolution=Choice(RESOLUTIONS, "32"),
    train_epochs=Whole(1, MAX_EPOCHS, default=8),
    train_seed=Whole(0, 2**31 - 1, default=0),
    **LEVEL,
    options=METHODS_CHOSEN["options"],
)
