"""What a link to the Activation maximization page holds, beside the network and the image."""

from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.ui.inputs.level import LEVEL, has_control
from featviz.ui.inputs.method import METHODS_CHOSEN
from featviz.ui.state.view_state import Choice, Text, ViewState, Whole

__all__ = ["CLASS_DECAY", "DIVERSITIES", "MAX_IMAGES", "SIZES", "STARTS", "VIEW", "is_shown"]

STARTS = {"noise": "Noise", "image": "The image"}
"""What a run begins with, with what people call it."""

DIVERSITIES = {"0": "Off", "0.3": "Low", "1": "Medium", "4": "High"}
"""How much several images must differ, with what people call it."""

SIZES = {"0.5": 0.5, "": 1.0, "1.5": 1.5, "2": 2.0}
"""How large an image is, in sides of the network's own size."""

MAX_IMAGES = 4

CLASS_DECAY = 1.5
"""Frequency decay with which a class begins, where none was chosen."""

VIEW = ViewState(
    "maximization",
    objective=Text(was=("aim",)),
    parameterization=Choice(PARAMETERIZATIONS, "fourier", was=("kind",)),
    transforms=Choice(TRANSFORM_PRESETS, "lucid", was=("recipe",)),
    count=Whole(1, MAX_IMAGES, 1, was=("pictures",)),
    start=Choice(STARTS, "noise", was=("begin",)),
    start_from=Text("run/[0-9a-f]{32}", was=("onto",)),
    warm_start=Choice(("0", "1"), "1", was=("onward",)),
    early=Text(),
    diversity=Choice(DIVERSITIES, "0"),
    image_size=Choice(SIZES, "", was=("painted",)),
    controls=LEVEL["controls"],
    options=METHODS_CHOSEN["options"],
    sheet=Whole(1),
)

_FIRST_SHOWN = {
    "transforms": "more",
    "early": "more",
    "start": "more",
    "count": "more",
    "image_size": "more",
    "diversity": "all",
    "warm_start": "all",
}


def is_shown(key: str, level: str) -> bool:
    """Whether there is a control for an entry at a level: it is first shown there or before, or not at its default."""
    return has_control(VIEW[key], _FIRST_SHOWN[key], level)
