"""The choices that every page shares, and every link holds in front: the network, the image, the unit, large text."""

from typing import get_args

from featviz.models.outputs import Outputs
from featviz.models.sources.load import devices, list_models
from featviz.ui.state.view_state import Choice, Text, ViewState, Whole

__all__ = ["DEFAULT_MODEL", "IMAGE_SOURCES", "SHARED"]

DEFAULT_MODEL = "shapes-resnet"
IMAGE_SOURCES = {
    "shapes": "Shapes world",
    "digits": "Handwritten digits",
    "photos": "Photographs",
    "upload": "Upload an image",
    "camera": "Take a photo",
    "drawing": "Draw",
}
"""Where an image may come from, with what people call it."""

SHARED = ViewState(
    "shared",
    model=Choice(lambda: {card.name for card in list_models()}, DEFAULT_MODEL),
    weights=Text(),
    checkpoint=Text("[0-9a-f]{32}"),
    device=Choice(devices),
    image=Text(f"({'|'.join(IMAGE_SOURCES)})/.+"),
    current_unit=Text(".+/[0-9]{1,9}"),
    input_size=Whole(1, 2048),
    statistics=Text("[a-z0-9]+|[-+0-9.,e]+/[-+0-9.,e]+"),
    outputs=Choice(get_args(Outputs)),
    source=Choice(IMAGE_SOURCES, published=False),
    text=Choice(("large",)),
)
