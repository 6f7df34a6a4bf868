"""Modules of a private replica called for what they compute, without what torch looks up around every call.

A network of small layers, run for one picture, spends a thirtieth of its time on that.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from featviz.models.execution.dataflow import unhooked

__all__ = ["call_plainly"]


def call_plainly(replica: nn.Module) -> None:
    """Let a private replica's commonest modules be called plainly for as long as no forward hook is on them.

    Backward hooks registered later, and hooks on all modules of the process, are not run for them.

    Args:
        replica: whose weights stay as they are from now on.
    """
    for module in replica.modules():
        plain = _PLAIN.get(type(module))
        if plain is not None and _is_usual(module):
            # in its place wherever the network refers to it
            module.__class__ = plain
            assert isinstance(module, _Plain)  # noqa: S101 - as it says
            module.prepare()


class _Plain(nn.Module):
    def prepare(self) -> None:
        """Look up what calls need."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run the module, the usual way where it is hooked."""
        if self._forward_hooks or self._forward_pre_hooks or options or len(inputs) != 1:
            return super().__call__(*inputs, **options)
        return self.plainly(inputs[0])

    @abstractmethod
    def plainly(self, x: Tensor) -> Tensor:
        """What it computes."""


class _Convolution(_Plain, nn.Conv2d):
    _how: tuple[Any, ...] = ()

    def prepare(self) -> None:
        self._how = (self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def plainly(self, x: Tensor) -> Tensor:
        return torch.conv2d(x, *self._how)


class _ReLU(_Plain, nn.ReLU):
    def plainly(self, x: Tensor) -> Tensor:
        return torch.relu_(x) if self.inplace else torch.relu(x)


class _MaxPool(_Plain, nn.MaxPool2d):
    def plainly(self, x: Tensor) -> Tensor:
        return torch.max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class _Identity(_Plain, nn.Identity):
    def plainly(self, x: Tensor) -> Tensor:
        return x


class _Sequential(_Plain, nn.Sequential):
    def plainly(self, x: Tensor) -> Tensor:
        for module in self._modules.values():
            x = module(x)
        return x


_PLAIN: dict[type[nn.Module], type[_Plain]] = {
    nn.Conv2d: _Convolution,
    nn.ReLU: _ReLU,
    nn.MaxPool2d: _MaxPool,
    nn.Identity: _Identity,
    nn.Sequential: _Sequential,
}


def _is_usual(module: nn.Module) -> bool:
    """Whether it does what its class says, and nothing has been attached to it."""
    if isinstance(module, nn.Conv2d) and module.padding_mode != "zeros":
        return False
    if isinstance(module, nn.MaxPool2d) and module.return_indices:
        return False
    return unhooked(module)
