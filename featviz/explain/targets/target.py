"""What is to be explained: a class, one class rather than another, a channel or a neuron of any layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.features.spatial import to_feature_maps
from featviz.explain.targets.units import Channel, Difference, Logit, Neuron, Target
from featviz.models.model import Model

__all__ = ["outputs_read", "read_target", "resolve_target", "sliced_target"]


def resolve_target(model: Model, x: Tensor, target: Target | int | str | None) -> Target:
    """The target meant: a class by index or by name, the class the network names first, or what was given.

    Raises:
        BadInput: no such class, or no target at all.
        LayerNotFound: the target's layer is none of the network's.
    """
    if target is None:
        return Logit(int(_class_scores(model, x).argmax()))
    if isinstance(target, str):
        if target not in model.classes:
            raise BadInput(f"{model.name} has no class named {target!r}.", code="target")
        return Logit(model.classes.index(target))
    if isinstance(target, int):
        target = Logit(target)
    if isinstance(target, (Channel, Neuron)):
        model.resolve(target.layer)
    elif not isinstance(target, (Logit, Difference)):
        raise BadInput(
            f"The target is a class by index or name, Difference, Channel or Neuron; {target!r} came.",
            code="target",
        )
    elif model.classes:
        for index in vars(target).values():
            _check_index("class", index, len(model.classes))
    return target


def read_target(model: Model, target: Target, output: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    """The target's value for each image of a batch, (N,).

    Args:
        model: the network.
        target: what to read.
        output: the network's own output, or that of the target's layer.
        size: height and width of the images; None takes those for which the layers are listed.
    """
    if isinstance(target, (Channel, Neuron)):
        maps = to_feature_maps(output, model.resolve(target.layer).layer, size)
        _check_index("channel", target.channel, maps.shape[1])
        if isinstance(target, Channel):
            return _channel_mean(maps, target.channel)
        _check_index("row", target.y, maps.shape[2])
        _check_index("column", target.x, maps.shape[3])
        return maps[:, target.channel, target.y, target.x]
    if output.ndim != 2:
        shape = tuple(output.shape)
        raise BadInput(
            f"{model.name} outputs {shape}, not one number a class: choose a Channel or a Neuron.",
            code="target",
        )
    for index in vars(target).values():
        _check_index("class", index, output.shape[1])
    if isinstance(target, Logit):
        return output[:, target.index]
    return output[:, target.index] - output[:, target.other]


def _channel_mean(maps: Tensor, channel: int) -> Tensor:
    """The mean of a channel, (N,), in float32 at least; its gradient lies in memory as the maps do."""
    wide = torch.promote_types(maps.dtype, torch.float32)
    if maps.shape[1] == 1:  # nothing to choose, there and on the way back
        return maps.mean((1, 2, 3), dtype=wide)
    last = maps.is_contiguous(memory_format=torch.channels_last)
    chosen = maps.movedim(1, -1)[..., channel] if last else maps[:, channel]
    return chosen.mean((1, 2), dtype=wide)


def outputs_read(target: Target) -> tuple[int, ...]:
    """The network's outputs that a target reads; none where it lies in a layer."""
    return tuple(vars(target).values()) if isinstance(target, (Logit, Difference)) else ()


def sliced_target(target: Target, units: Sequence[int]) -> Target:
    """The target as it is read where its layer, or the network, has these units alone, in this order."""
    if isinstance(target, (Channel, Neuron)):
        return replace(target, channel=units.index(target.channel))
    return type(target)(*(units.index(index) for index in vars(target).values()))


def _class_scores(model: Model, x: Tensor) -> Tensor:
    scores = model.logits(x)
    if scores.ndim != 2:
        raise BadInput(f"{model.name} names no class: choose a Channel or a Neuron as target.", code="target")
    return scores


def _check_index(what: str, index: object, count: int) -> None:
    if type(index) is not int or not 0 <= index < count:
        raise BadInput(f"The target's {what} is 0 to {count - 1}; {index!r} came.", code="target")
