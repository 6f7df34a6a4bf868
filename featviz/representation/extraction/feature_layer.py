"""Which layers of a network speak for the whole image, and how their output becomes one vector."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from featviz.errors import FeatvizError
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.models.recording import record
from featviz.representation.extraction.pooling import POOLINGS

__all__ = [
    "available_poolings",
    "default_pooling",
    "dimensions",
    "feature_layer",
    "logits_layer",
    "with_logits",
]

_IDENTITY_KINDS = ("Dropout", "Identity", "StochasticDepth")


def feature_layer(model: Model) -> str:
    """The layer whose output the classifier reads: the last before it that is no table of classes itself."""
    classes = model.layers[-1].channels
    before = [layer for layer in model.layers if layer.channels != classes and layer.layout != "attention"]
    candidates = [layer for layer in before if layer.kind not in _IDENTITY_KINDS]
    if not candidates:
        return model.layers[-1].name
    last, earlier = candidates[-1], candidates[-2:-1]
    flattened = last.kind == "Flatten" and earlier and _spatial_size(earlier[0]) == 1
    return (earlier[0] if flattened else last).name


def logits_layer(model: Model) -> str:
    """The layer that outputs the network's logits, or "" where none does; found by one pass, once a network."""
    return model.remember("representation.logits_layer", lambda: _find_logits_layer(model))


def with_logits(model: Model, poolings: Mapping[str, str]) -> dict[str, str]:
    """Layers with their poolings, and the layer that outputs the logits, which one pass gives as well."""
    name = logits_layer(model)
    return ({name: "mean"} if name else {}) | dict(poolings)


def available_poolings(layer: Layer) -> tuple[str, ...]:
    """The poolings that make different vectors of a layer's output; one, where it has a single spatial position."""
    if _spatial_size(layer) == 1:
        return ("mean",)
    fits = {"class_token": _has_class_token(layer), "grid": layer.grid is not None and layer.grid[0] > 1}
    return tuple(each.id for each in POOLINGS if fits.get(each.id, True))


def default_pooling(layer: Layer) -> str:
    """The pooling to begin with: the class token where there is one, else the mean."""
    return "class_token" if _has_class_token(layer) else "mean"


def dimensions(layer: Layer, pool: str, side: int = 2) -> int:
    """How many numbers an image's vector has; `side` is the grid's."""
    if pool == "flatten":
        return math.prod(layer.output_shape)
    return layer.channels * (side * side if pool == "grid" else 1)


def _find_logits_layer(model: Model) -> str:
    last = model.layers[-1]
    if math.prod(last.output_shape) != (len(model.classes) or last.channels):
        return ""
    size = (1, model.input_channels, model.input_size, model.input_size)
    x = torch.rand(size, generator=torch.Generator().manual_seed(0)).to(model.device)
    try:
        output = record(model, x, [last.name])[last.name].flatten(1).float().cpu()
        logits = model.logits(x).flatten(1)
    except FeatvizError:
        return ""
    return last.name if output.shape == logits.shape and torch.allclose(output, logits) else ""


def _spatial_size(layer: Layer) -> int:
    return max(1, math.prod(layer.output_shape) // layer.channels)


def _has_class_token(layer: Layer) -> bool:
    return layer.layout == "tokens" and layer.extra_tokens[0] > 0
