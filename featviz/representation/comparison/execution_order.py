"""Layers by the order in which they run, and those to compare where nobody named any."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from featviz.errors import BadInput
from featviz.models.capture import recording
from featviz.models.layers import Address, Layer
from featviz.models.model import Model

__all__ = ["layers_with_weights", "ordered_layers"]


def layers_with_weights(model: Model) -> tuple[str, ...]:
    """Every call of a layer that multiplies by a weight matrix or kernel, such as convolutions, in order of execution.

    Normalizations and activations are left out: what they output is nearly what went in.
    """
    layers = [layer for layer in model.layers if not layer.container and _has_weight(model, layer)]
    return ordered_layers(model, [name for layer in layers or model.layers for name in _calls(layer)])


def ordered_layers(model: Model, names: Sequence[str]) -> tuple[str, ...]:
    """The same names, each once, in the order in which one pass computes them.

    Raises:
        LayerNotFound: a name the network does not have.
        BadInput: no names.
    """
    if not names:
        raise BadInput(f"No layer of {model.name} was named: at least one is needed.", code="layers")
    calls = {name: model.resolve(name).address for name in names}
    key = ("representation.execution_order", tuple(calls))
    return model.remember(key, lambda: _recorded(model, calls))


def _recorded(model: Model, calls: dict[str, Address]) -> tuple[str, ...]:
    x = model.inputs.example().to(model.device)
    with model.lease_replica() as replica, torch.no_grad(), recording(replica, calls) as outputs:
        replica(x)
    return tuple(outputs)


def _has_weight(model: Model, layer: Layer) -> bool:
    return any(each.ndim > 1 for each in model.module.get_submodule(layer.name).parameters())


def _calls(layer: Layer) -> list[str]:
    return [layer.name] if layer.calls == 1 else [f"{layer.name}:{call}" for call in range(layer.calls)]
