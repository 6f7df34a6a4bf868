"""The Python that makes the present view of the Network page."""

from featviz.models.model import Model
from featviz.ui.inputs.snippet import opening
from featviz.ui.state.chosen_image import ChosenImage

__all__ = ["network_code"]


def network_code(model: Model, image: ChosenImage) -> str:
    """Load the network, list its layers and name the image."""
    return f"""{opening(model, image)}
for layer in model.layers:
    print(layer.name, layer.kind, layer.output_shape, layer.parameters)
print(model.predict(model.preprocess(image), top=5)[0])"""
