"""Which layers lose their weights together, and how a network of one's own loses them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from featviz.explain.attribution.targets import Channel, Neuron, Target, locate
from featviz.models.model import Model

__all__ = ["groups_from_the_top", "redraw"]


def groups_from_the_top(model: Model, target: Target, stages: int) -> list[list[str]]:
    """The modules with parameters that the target is computed from, the last executed first, in groups.

    Args:
        model: the network.
        target: layers after the target's own have no part in it.
        stages: at most how many groups; the first holds one module, the others as many as one another.
    """
    order = {layer.name: place for place, layer in enumerate(model.layers)}
    last = order[locate(model, target.layer)[0]] if isinstance(target, (Channel, Neuron)) else len(order)
    places = {
        name: _place(name, order)
        for name, child in model.module.named_modules()
        if next(child.parameters(recurse=False), None) is not None
    }
    names = sorted((name for name in places if places[name] <= last), key=lambda name: -places[name])
    if len(names) <= stages:
        return [[name] for name in names]
    parts = np.array_split(np.arange(1, len(names)), stages - 1) if stages > 1 else []
    return [names[:1], *([names[i] for i in part] for part in parts)] if parts else [names]


def _place(name: str, order: dict[str, int]) -> int:
    """When a module begins: with its first layer, or, where it is never called itself, with what holds it."""
    inside = [place for other, place in order.items() if not name or f"{other}.".startswith(f"{name}.")]
    return min(inside) if inside else _place(name.rpartition(".")[0], order)


def redraw(module: nn.Module, names: Sequence[str], generator: torch.Generator) -> None:
    """Shuffle the numbers of each parameter that these modules hold themselves, in place; weights change signs too.

    Args:
        module: a network of one's own, not one that others use.
        names: of the modules.
        generator: what order and signs are drawn from.
    """
    with torch.no_grad():
        for name in names:
            for parameter in module.get_submodule(name).parameters(recurse=False):
                order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
                drawn = parameter.flatten()[order].reshape(parameter.shape)
                if parameter.ndim > 1:
                    signs = torch.randint(2, parameter.shape, generator=generator).to(drawn)
                    drawn = drawn * (2 * signs - 1)
                parameter.copy_(drawn)
