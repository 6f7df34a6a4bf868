"""Which layers of a network speak for the whole image, and how their output becomes one vector."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import takewhile

import torch
from torch import nn

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
    """The layer whose output stands for the whole image, the representation.

    Of a classifier that is what its head reads: the last layer before it that is no table of classes itself. Of a
    network without a head it is the last layer; of one that rebuilds the image, the code in its middle.
    """
    layers = [layer for layer in model.layers if layer.layout != "attention"] or list(model.layers)
    if _rebuilds_image(model):
        return _code(layers).name
    if not _has_head(model):
        return _without_copies(layers).name
    classes = model.layers[-1].channels
    before = [layer for layer in layers if layer.channels != classes]
    if not any(layer.kind not in _IDENTITY_KINDS for layer in before):
        # as many channels as classes everywhere: what has more than a number for each of them
        before = [layer for layer in layers if _spatial_size(layer) > 1] or layers
    return _without_copies(before).name


def _rebuilds_image(model: Model) -> bool:
    """Whether the network's output is an image as large as its input."""
    if model.declared_outputs is not None:
        return model.declared_outputs == "reconstruction"
    size, last = (model.input_channels, model.input_size, model.input_size), model.layers[-1]
    return not model.classes and (last.output_shape == size or last.output_shape == (math.prod(size),))


def _has_head(model: Model) -> bool:
    """Whether the network ends in a layer with a number for each class, not in features of an image.

    A head computes its numbers from features of another number; a normalization, or a pooler with as many channels
    as the tokens have, ends a network without one.
    """
    if model.outputs == "embedding":
        return False
    if model.classes and model.layers[-1].channels == len(model.classes):
        return True
    if any(
        layer.layout == "tokens" and layer.grid and layer.channels == model.layers[-1].channels
        for layer in model.layers
    ):
        return False
    last = next((layer for layer in reversed(model.layers) if layer.parameters and not layer.container), None)
    module = None if last is None else model.module.get_submodule(last.name)
    if isinstance(module, nn.Linear):
        return module.in_features != module.out_features
    return isinstance(module, nn.modules.conv._ConvNd) and module.kernel_size == (1, 1)


def _code(layers: Sequence[Layer]) -> Layer:
    """The output with the fewest numbers; of several in a row the block that ends with them, else the first."""
    fewest = min(math.prod(layer.output_shape) for layer in layers)
    start = next(n for n, layer in enumerate(layers) if math.prod(layer.output_shape) == fewest)
    row = list(takewhile(lambda layer: math.prod(layer.output_shape) == fewest, layers[start:]))
    blocks = [layer for layer in row if layer.container and row[0].name.startswith(f"{layer.name}.")]
    return blocks[-1] if blocks else row[0]


def _without_copies(layers: Sequence[Layer]) -> Layer:
    """The last of the layers, or where that only hands on or flattens what an earlier one gives, that one."""
    candidates = [layer for layer in layers if layer.kind not in _IDENTITY_KINDS]
    if not candidates:
        return layers[-1]
    last, earlier = candidates[-1], candidates[-2:-1]
    flattened = last.kind == "Flatten" and earlier and _spatial_size(earlier[0]) == 1
    return earlier[0] if flattened else last


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
