"""Targets as texts that fit into a link, and as people call them."""

import re

from featviz.explain.targets.units import Channel, Difference, Logit, NegativeLogit, Neuron, Target
from featviz.models.layers import Layer
from featviz.models.model import Model

__all__ = [
    "class_count",
    "nearest_neuron",
    "positions",
    "read_target_text",
    "readable_layers",
    "target_name",
    "target_text",
]

_CLASS = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
_AGAINST = re.compile(r"~([0-9]{1,9})")
_HIDDEN = re.compile(r"(.+)/([0-9]{1,9})(?:@([0-9]{1,9}),([0-9]{1,9}))?", re.DOTALL)
_READABLE = ("maps", "maps_last", "tokens", "vector")


def target_text(target: Target) -> str:
    """A target as `281`, `~281` (against), `281-285` (rather than), `layer4.1/12` (channel) or `layer4.1/12@3,4`."""
    if isinstance(target, Logit):
        return str(target.index)
    if isinstance(target, NegativeLogit):
        return f"~{target.index}"
    if isinstance(target, Difference):
        return f"{target.index}-{target.other}"
    position = f"@{target.y},{target.x}" if isinstance(target, Neuron) else ""
    return f"{target.layer}/{target.channel}{position}"


def read_target_text(text: object, model: Model) -> Target | None:
    """The target a text names; None where it names none of this network's, for it may come from an address."""
    if named := _CLASS.fullmatch(str(text)):
        return _class_target(model, *(int(each) for each in named.groups() if each is not None))
    if named := _AGAINST.fullmatch(str(text)):
        return NegativeLogit(int(named[1])) if int(named[1]) < class_count(model) else None
    if named := _HIDDEN.fullmatch(str(text)):
        layer, *indices = named.groups()
        return _hidden_target(model, layer, *(int(each) for each in indices if each is not None))
    return None


def target_name(target: Target, model: Model) -> str:
    """What people call a target, such as "tabby rather than tiger cat"; plain text, to be escaped in Markdown."""
    if isinstance(target, Logit | NegativeLogit) and class_count(model) == 1 and len(model.classes) == 2:
        return model.classes[isinstance(target, Logit)]
    if isinstance(target, Logit):
        return model.class_name(target.index)
    if isinstance(target, NegativeLogit):
        return f"not {model.class_name(target.index)}"
    if isinstance(target, Difference):
        return f"{model.class_name(target.index)} rather than {model.class_name(target.other)}"
    position = f" at row {target.y}, column {target.x}" if isinstance(target, Neuron) else ""
    return f"channel {target.channel} of {target.layer}{position}"


def class_count(model: Model) -> int:
    """How many outputs there are to choose from, named or not; one logit may have two names."""
    return 1 if model.outputs == "one_logit" else len(model.classes) or model.layers[-1].channels


def readable_layers(model: Model) -> list[Layer]:
    """The layers whose channels can be targets; the weights of an attention have none."""
    return [layer for layer in model.layers if layer.layout in _READABLE]


def positions(layer: Layer) -> tuple[int, int]:
    """Rows and columns of a layer's positions; tokens without a grid lie in one row."""
    if layer.grid is not None:
        return layer.grid
    return 1, layer.output_shape[0] if layer.layout == "tokens" else 1


def nearest_neuron(layer: Layer, channel: int, row: int | None, column: int | None) -> Neuron:
    """A neuron of a layer; where there are fewer channels, rows or columns, the nearest; else of the middle."""
    rows, columns = positions(layer)
    y = rows // 2 if row is None else min(row, rows - 1)
    x = columns // 2 if column is None else min(column, columns - 1)
    return Neuron(layer.name, min(channel, layer.channels - 1), y, x)


def _class_target(model: Model, index: int, other: int | None = None) -> Target | None:
    known = class_count(model)
    if index >= known or (other is not None and (other >= known or other == index)):
        return None
    return Logit(index) if other is None else Difference(index, other)


def _hidden_target(
    model: Model, name: str, channel: int, y: int | None = None, x: int | None = None
) -> Target | None:
    layer = next((each for each in readable_layers(model) if each.name == name), None)
    if layer is None or channel >= layer.channels:
        return None
    if y is None or x is None:
        return Channel(name, channel)
    rows, columns = positions(layer)
    return Neuron(name, channel, y, x) if y < rows and x < columns else None
