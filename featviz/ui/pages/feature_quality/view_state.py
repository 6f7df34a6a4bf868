"""What a link to the Feature quality page holds, beside the network."""

from featviz.representation.descriptors import DESCRIPTORS
from featviz.ui.inputs.columns import COLUMNS
from featviz.ui.inputs.image_set import IMAGE_SET
from featviz.ui.state.view_state import Choice, Several, Text, ViewState

__all__ = ["DISTURBED", "VIEW"]

DISTURBED = {"yes": "On", "no": "Off"}
"""Whether the robustness against corruptions is measured, with what people call it."""

VIEW = ViewState(
    "feature_quality",
    **IMAGE_SET,
    models=COLUMNS["models"],
    depth=Several(),
    disturbed=Choice(DISTURBED),
    hand_made=Several({each.id for each in DESCRIPTORS}),
    graded_layer=Text(was=("graded",)),
    graded_network=Text(),
)
