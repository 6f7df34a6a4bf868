"""Cutting a network before its last linear layer: the encoder, and what its head reads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from featviz.errors import BadInput

__all__ = ["Head", "find_head", "replace_head"]


@dataclass(frozen=True, eq=False)
class Head:
    """The last linear layer of a network.

    Attributes:
        name: of the layer.
        layer: itself.
        features: (N, d), what it read in the pass that found it.
    """

    name: str
    layer: nn.Linear
    features: Tensor


def find_head(network: nn.Module, x: Tensor) -> Head:
    """The linear layer whose output is the network's own, found by running it.

    Args:
        network: it is not changed.
        x: (N, C, H, W).

    Raises:
        BadInput: its output is not that of a linear layer that reads one vector an image.
    """
    seen: list[tuple[Head, Tensor]] = []

    def watch(name: str, part: nn.Linear) -> torch.utils.hooks.RemovableHandle:
        return part.register_forward_hook(
            lambda _, given, output: seen.append((Head(name, part, given[0].detach()), output))
        )

    watched = [watch(name, part) for name, part in network.named_modules() if isinstance(part, nn.Linear)]
    try:
        with torch.no_grad():
            output = network(x)
    finally:
        for handle in watched:
            handle.remove()
    for head, result in reversed(seen):
        if result is output and result.ndim == 2:
            return head
    raise BadInput(
        "The output of this network is not that of a linear layer, so that its head cannot be taken off.",
        code="head",
    )


def replace_head(network: nn.Module, name: str, new: nn.Module) -> None:
    """Put another module where the head was, in place; `nn.Identity()` leaves the encoder."""
    parent, _, own = name.rpartition(".")
    setattr(network.get_submodule(parent) if parent else network, own, new)
