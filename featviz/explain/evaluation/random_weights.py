"""Cascading randomization: groups of layers from the output downwards, and shuffling their weights."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from featviz.explain.targets.units import Channel, Neuron, Target
from featviz.models.model import Model

__all__ = ["groups_from_the_top", "randomize_weights"]

_LARGE = 1 << 20


def groups_from_the_top(model: Model, target: Target, stages: int) -> list[list[str]]:
    """The modules with parameters that the target is computed from, the last executed first, in groups.

    Args:
        model: the network.
        target: layers after the target's own have no part in it.
        stages: at most how many groups; the first holds one module, the others as many as one another.
    """
    order = {layer.name: index for index, layer in enumerate(model.layers)}
    last = (
        order[model.resolve(target.layer).layer.name] if isinstance(target, (Channel, Neuron)) else len(order)
    )
    first_call = {
        name: _first_call(name, order)
        for name, child in model.module.named_modules()
        if next(child.parameters(recurse=False), None) is not None
    }
    names = sorted(
        (name for name in first_call if first_call[name] <= last), key=lambda name: -first_call[name]
    )
    if len(names) <= stages:
        return [[name] for name in names]
    parts = np.array_split(np.arange(1, len(names)), stages - 1) if stages > 1 else []
    return [names[:1], *([names[i] for i in part] for part in parts)] if parts else [names]


def _first_call(name: str, order: dict[str, int]) -> int:
    """When a module begins: with its first layer, or, where it is never called itself, with what holds it."""
    inside = [index for other, index in order.items() if not name or f"{other}.".startswith(f"{name}.")]
    return min(inside) if inside else _first_call(name.rpartition(".")[0], order)


def randomize_weights(module: nn.Module, names: Sequence[str], generator: torch.Generator) -> None:
    """Shuffle the values of each of these modules' own parameters, in place; weights also get random signs.

    Args:
        module: a network of one's own, not one that others use.
        names: of the modules.
        generator: what order and signs are drawn from.
    """
    with torch.no_grad():
        for name in names:
            for parameter in module.get_submodule(name).parameters(recurse=False):
                drawn = _shuffle_values(parameter, generator)
                if parameter.ndim > 1:
                    signs = torch.empty(parameter.shape, dtype=torch.int8).random_(0, 2, generator=generator)
                    drawn = drawn * signs.to(parameter.device).mul_(2).sub_(1)
                parameter.copy_(drawn)


def _shuffle_values(parameter: Tensor, generator: torch.Generator) -> Tensor:
    """The numbers in random order; of very large weights whole rows and columns, which takes a tenth of the time."""
    if parameter.numel() <= _LARGE or parameter.ndim == 1:
        order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
        return parameter.flatten()[order].reshape(parameter.shape)
    rows, columns = (
        torch.randperm(size, generator=generator).to(parameter.device) for size in parameter.shape[:2]
    )
    return parameter[rows][:, columns]
