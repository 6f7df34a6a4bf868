"""Private replicas of a shared network: own modules, hooks and flags, the same weights in memory."""

import copy
from collections import OrderedDict
from collections.abc import Mapping

from torch import nn

__all__ = ["replicate"]


def replicate(module: nn.Module, instead: Mapping[int, nn.Module] | None = None) -> nn.Module:
    """Copy a network's structure while sharing the storage of its parameters.

    Hooks, flags and buffers of the replica are its own, so whatever is done to it leaves the original and
    every other replica as they were. Parameters never require a gradient. Tied parameters stay tied.
    Whoever changes weights needs `copy.deepcopy` instead.

    Args:
        module: the shared network.
        instead: by the id of a module inside it, the module that shall stand in its place, wherever the
            network refers to it, registered or not.
    """
    memo: dict[int, object] = {
        id(parameter): nn.Parameter(parameter.detach(), requires_grad=False)
        for parameter in module.parameters()
    }
    # a fresh one each: deepcopy takes most of its time for the empty dictionaries where hooks would be
    held = (value for part in module.modules() for value in vars(part).values())
    memo.update((id(value), OrderedDict()) for value in held if type(value) is OrderedDict and not value)
    memo.update(instead or {})
    return copy.deepcopy(module, memo)
