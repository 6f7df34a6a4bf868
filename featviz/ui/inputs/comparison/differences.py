"""What two networks do not have in common, in plain sentences."""

from __future__ import annotations

from featviz.models.model import Model

__all__ = ["input_sentence", "same_classes"]

_COLORS = {1: "gray", 3: "in color"}


def same_classes(model: Model, second: Model) -> bool:
    """Whether an output of one network means the same as the output of that number of the other."""
    outputs = {(each.outputs, each.classes, each.layers[-1].channels) for each in (model, second)}
    return len(outputs) == 1


def input_sentence(model: Model, second: Model) -> str:
    """How the inputs of two networks differ; "" where they do not."""
    sizes = [f"{each.input_size} × {each.input_size} pixels" for each in (model, second)]
    colors = [_COLORS.get(each.input_channels, f"{each.input_channels} channels") for each in (model, second)]
    both = [part for part in (sizes, colors) if part[0] != part[1]]
    if not both:
        return ""
    return f"They see the image differently: {' and '.join(map(', '.join, zip(*both, strict=True)))}."
