"""Private copies of a researcher's own network, evaluated and frozen."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor, nn

from featviz.errors import BadInput

__all__ = ["copied", "freeze", "precision_of"]

_HALF = (torch.float16, torch.bfloat16)


def freeze(module: nn.Module) -> nn.Module:
    """Evaluation mode, no gradients; a `train` of one's own need not return the module."""
    module.eval()
    module.requires_grad_(requires_grad=False)
    return module


def precision_of(module: nn.Module) -> torch.dtype:
    """The precision of its first floating parameter or buffer: what its input has to be in."""
    tensors = chain(module.parameters(), module.buffers())
    return next((each.dtype for each in tensors if each.is_floating_point()), torch.float32)


def copied(module: nn.Module, name: str, device: str | torch.device) -> tuple[nn.Module, tuple[str, ...]]:
    """A deep copy on a device, and what was done for it; half precision becomes float32.

    Raises:
        BadInput: it is no module that can be copied, or this machine has no such device.
    """
    notes = []
    original = getattr(module, "_orig_mod", module)
    if original is not module:
        notes.append("torch.compile was taken off: compiled code runs no hooks.")
    try:
        kept = {id(each): each.detach().clone() for each in _intermediate_tensors(original)}
        private = freeze(copy.deepcopy(original, kept)).to(device)
    except Exception as error:  # whatever a class of one's own raises when it is copied
        raise BadInput(f"{name} cannot be copied to {device}: {error}", code="copy") from error
    precision = precision_of(private)
    if precision in _HALF:
        notes.append(f"Its {str(precision).removeprefix('torch.')} weights are computed with in float32.")
        private = private.float()
    return private, tuple(notes)


def _intermediate_tensors(module: nn.Module) -> Iterator[Tensor]:
    """What modules keep of an earlier pass, or of pruning and weight normalization: deepcopy refuses such tensors."""
    for part in module.modules():
        values = list(vars(part).values())
        while values:
            value = values.pop()
            if isinstance(value, Tensor) and not value.is_leaf:
                yield value
            elif type(value) in (list, tuple):
                values.extend(value)
            elif type(value) is dict:
                values.extend(value.values())
