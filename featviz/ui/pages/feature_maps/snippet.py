"""The Python that makes the present view of the Feature maps page."""

from featviz.models.model import Model
from featviz.ui.inputs.snippet import opening
from featviz.ui.state.chosen_image import ChosenImage

__all__ = ["feature_maps_code"]


def feature_maps_code(model: Model, image: ChosenImage, layer: str, channel: int) -> str:
    """Compute the feature maps of a layer."""
    return f"""{opening(model, image)}
maps = featviz.feature_maps(model, model.preprocess(image), {layer!r})
maps.maps.shape       # (channels, rows, columns), raw and signed
maps.maps[{channel}]{" " * max(1, 13 - len(str(channel)))}# this channel
maps.statistics.mean  # one number a channel"""
