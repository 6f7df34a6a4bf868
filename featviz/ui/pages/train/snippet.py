"""The Python that trains what the page trains."""

from __future__ import annotations

from featviz.ui.inputs.snippet import images_line
from featviz.ui.pages.train.controls import TrainRequest

__all__ = ["training_code"]


def training_code(request: TrainRequest) -> str:
    """Read the images, train, and open the network of the last epoch."""
    labels = f", labels={request.labels!r}" if request.labels != "label" else ""
    options = "".join(f", {name}={value!r}" for name, value in request.options.items())
    return f"""import featviz

{images_line(request.chosen)}
for epoch in featviz.train(
    {request.network!r}, images, method={request.method!r}, epochs={request.epochs}, seed={request.seed},
    resolution={request.resolution}{labels}{options},
):
    print(epoch.number, epoch.metrics)
model = epoch.model  # like any other: featviz.feature_maps(model, ...), featviz.attribute(model, ...)"""
