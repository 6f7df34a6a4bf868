"""Networks that keep state between passes, begun anew before each."""

from __future__ import annotations

import copy
from typing import Any, Self

import torch
from torch import Tensor, nn

from featviz.models.replication import replicate

__all__ = ["FirstState", "beginning_anew"]

_PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)


def beginning_anew(module: nn.Module) -> nn.Module:
    """A replica that sets itself back to the state of now before every pass; so do all replicas of it."""
    replica = replicate(module)
    replica.register_forward_pre_hook(FirstState(module))
    return replica


class FirstState:
    """A hook that gives every module the buffers and plain attributes back that it had in the beginning.

    Args:
        module: the network in that state; it is not kept.
    """

    def __init__(self, module: nn.Module) -> None:
        self._buffers = {name: _copied(dict(part._buffers)) for name, part in module.named_modules()}
        self._attributes = {
            name: {
                key: _copied(value)
                for key, value in vars(part).items()
                if not key.startswith("_") and key != "training" and _is_plain(value)
            }
            for name, part in module.named_modules()
        }
        self._names = {name: frozenset(vars(part)) for name, part in module.named_modules()}

    def __call__(self, module: nn.Module, _inputs: object) -> None:
        """Set a replica back."""
        for name, part in module.named_modules():
            for key in set(part._buffers) & set(self._buffers.get(name, {})):
                part._buffers[key] = _copied(self._buffers[name][key])
            for key in [key for key in vars(part) if key not in self._names.get(name, key) and key[0] != "_"]:
                delattr(part, key)
            vars(part).update(_copied(self._attributes.get(name, {})))

    def __deepcopy__(self, _memo: dict[int, object]) -> Self:
        """What is kept is never changed, so replicas share it."""
        return self


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(_is_plain(each) for each in value)
    if isinstance(value, dict):
        return all(_is_plain(each) for each in value.values())
    return isinstance(value, _PLAIN) or (isinstance(value, Tensor) and not isinstance(value, nn.Parameter))


def _copied(value: Any) -> Any:
    """A copy of plain values whose tensors are detached."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(_copied(each) for each in value)
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return copy.copy(value)
