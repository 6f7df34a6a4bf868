"""The Python that makes the present view of the Feature maps page."""

from featviz.models.model import Model
from featviz.ui.inputs.snippet import opening, second_line
from featviz.ui.pages.feature_maps.compared import ComparedLayers
from featviz.ui.state.chosen_image import ChosenImage

__all__ = ["feature_maps_code"]


def feature_maps_code(
    model: Model, image: ChosenImage, layer: str, channel: int, compared: ComparedLayers | None = None
) -> str:
    """Compute the feature maps of a layer, and those of a layer of a second network on the same scale."""
    code = f"""{opening(model, image)}
maps = featviz.feature_maps(model, model.preprocess(image), {layer!r})
maps.maps.shape       # (channels, rows, columns), raw and signed
maps.maps[{channel}]{" " * max(1, 13 - len(str(channel)))}# this channel
maps.statistics.mean  # one number a channel"""
    return code if compared is None else code + _second(compared)


def _second(compared: ComparedLayers) -> str:
    model, second = compared.models
    return f"""

{second_line(model, second)}
second = featviz.feature_maps(other, other.preprocess(image), {compared.maps[1].layer!r})
lowest = min(maps.maps.min(), second.maps.min())
highest = max(maps.maps.max(), second.maps.max())  # the ends of one scale for both"""
