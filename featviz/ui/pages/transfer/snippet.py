"""The Python that makes the page Transfer."""

from __future__ import annotations

from featviz.models.model import Model
from featviz.ui.inputs.snippet import images_line, load_line
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["transfer_code"]


def transfer_code(model: Model, chosen: ChosenSet) -> str:
    """Train with few labels, and a head on frozen features."""
    return f"""import featviz
from featviz.analysis.label_efficiency import label_efficiency
from featviz.progress import finished
from featviz.training.data import load_training_data

{load_line(model)}
{images_line(chosen)}
data = finished(load_training_data(images, resolution={model.input_size}, held_out=0.4))
result = finished(label_efficiency(model, data, labels=(5, 10), seeds=3, steps=40, rate=0.01))
[(point.approach, point.labels, point.mean, point.interval) for point in result.points]
for epoch in featviz.train(model, images, method="transfer", tune="last_blocks", last=1, epochs=5):
    print(epoch.metrics)"""
