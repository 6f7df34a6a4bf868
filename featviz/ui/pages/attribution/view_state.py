"""What a link to the Attribution page holds, beside the network and the image."""

from featviz.explain.evaluation.check import CHECKS
from featviz.render.colormaps import COLORMAPS
from featviz.ui.inputs.columns import COLUMNS
from featviz.ui.inputs.display import FITTING, OPACITY
from featviz.ui.inputs.level import LEVEL
from featviz.ui.inputs.method import METHODS_CHOSEN
from featviz.ui.inputs.second_network import SECOND
from featviz.ui.inputs.target import TARGET
from featviz.ui.state.view_state import Choice, Text, ViewState

__all__ = ["LIMITS", "SHARING", "TINTS", "VIEW"]

SHARING = {"cell": "Per map", "method": "Per method", "all": "Shared"}
"""Which maps share a scale, with what people call it."""

LIMITS = {"99": "99% of the pixels", "100": "Every pixel"}
"""The share of pixels, in percent, that lies within the scale, with what people call it."""

TINTS = (FITTING, *(name for name, each in COLORMAPS.items() if each.kind == "diverging"))
"""The colours of maps: two hues about zero."""

VIEW = ViewState(
    "attribution",
    **METHODS_CHOSEN,
    **TARGET,
    **COLUMNS,
    **SECOND,
    controls=LEVEL["controls"],
    cell=Text("[0-9a-z.]+"),
    sharing=Choice(SHARING, "method"),
    limit=Choice(LIMITS, "99"),
    attribution_colormap=Choice(TINTS, FITTING, was=("tint",)),
    **OPACITY,
    check=Choice(CHECKS),
)
