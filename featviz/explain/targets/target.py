"""What is to be explained: a class, one class rather than another, a channel or a neuron of any layer."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.features.spatial import to_feature_maps
from featviz.explain.targets.units import (
    Channel,
    Difference,
    Logit,
    NegativeLogit,
    Neuron,
    Target,
    WeightedSum,
)
from featviz.models.model import Model

__all__ = ["class_target", "outputs_read", "read_target", "resolve_target", "sliced_target"]


def resolve_target(model: Model, x: Tensor, target: Target | int | str | None) -> Target:
    """The target meant: a class by index or by name, the class the network names first, or what was given.

    Minus a `Logit` is what speaks against it, and `Logit(a) - Logit(b)` a `Difference`. Of one logit with two names,
    class 0 is its no and class 1 its yes.

    Raises:
        BadInput: no such class, or no target at all.
        LayerNotFound: the target's layer is none of the network's.
    """
    if target is None:
        return class_target(model, _first_class(model, x))
    if isinstance(target, str):
        if target not in model.classes:
            raise BadInput(f"{model.name} has no class named {target!r}.", code="target")
        return class_target(model, model.classes.index(target))
    if isinstance(target, bool):
        target = Logit(target)
    if (index := _as_index(target)) is not None:
        return _checked(model, class_target(model, index))
    meant = _sum_target(target) if isinstance(target, WeightedSum) else target
    if not isinstance(meant, (Logit, NegativeLogit, Difference, Channel, Neuron)):
        raise BadInput(
            f"The target is a class by index or name, -Logit, Difference, Channel or Neuron; {target!r} came.",
            code="target",
        )
    return _checked(model, meant)


def _checked(model: Model, target: Target) -> Target:
    indices: dict[str, Any] = {name: _as_index(value) for name, value in vars(target).items()}
    target = replace(target, **{name: index for name, index in indices.items() if index is not None})
    if isinstance(target, (Channel, Neuron)):
        model.resolve(target.layer)
    elif model.classes:
        for index in vars(target).values():
            _check_index("class", index, 1 if _has_no_and_yes(model) else len(model.classes))
    return target


def _has_no_and_yes(model: Model) -> bool:
    """Whether the network has one output and two names: of its no and of its yes."""
    return len(model.classes) == 2 and model.outputs == "one_logit"


def class_target(model: Model, index: int) -> Target:
    """The target of a class by its index: its output, or minus that for the no of one logit with two names."""
    if _has_no_and_yes(model) and index in (0, 1):
        return Logit(0) if index else NegativeLogit(0)
    return Logit(index)


def _sum_target(target: WeightedSum) -> object:
    """A sum of logits as the target it is; itself where it is none."""
    terms = sorted(target.terms, key=lambda term: -term[0])
    indices = [term.index for _, term in terms if isinstance(term, Logit)]
    weights = [weight for weight, _ in terms]
    if len(indices) < len(terms) or weights not in ([-1], [1], [1, -1]):
        return target
    if len(weights) == 2:
        return Difference(*indices)
    return (Logit if weights == [1] else NegativeLogit)(*indices)


def _as_index(value: object) -> int | None:
    """A whole number as Python's own, of NumPy or torch too; None for everything else."""
    if str(getattr(value, "dtype", type(value).__name__)) in ("bool", "torch.bool"):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


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
    if output.ndim > 2 and (output.shape[2:].numel() == 1 or (output.ndim == 3 and output.shape[1] == 1)):
        output = output.flatten(1)
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
    if isinstance(target, NegativeLogit):
        return -output[:, target.index]
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
    return tuple(vars(target).values()) if isinstance(target, (Logit, NegativeLogit, Difference)) else ()


def sliced_target(target: Target, units: Sequence[int]) -> Target:
    """The target as it is read where its layer, or the network, has these units alone, in this order."""
    if isinstance(target, (Channel, Neuron)):
        return replace(target, channel=units.index(target.channel))
    return type(target)(*(units.index(index) for index in vars(target).values()))


def _first_class(model: Model, x: Tensor) -> int:
    """The class the network names first.

    Raises:
        BadInput: its outputs are no classes.
    """
    if model.outputs in ("embedding", "maps", "reconstruction"):
        raise BadInput(
            f"{model.name} names no class, as its outputs are read as {model.outputs}: give a target, "
            "such as a Logit, a Channel or a Neuron, or say what they are with wrap_model(outputs=...).",
            code="target",
        )
    return model.predict(x, top=1)[0][0].index


def _check_index(what: str, index: object, count: int) -> None:
    if type(index) is not int or not 0 <= index < count:
        raise BadInput(f"The target's {what} is 0 to {count - 1}; {index!r} came.", code="target")
