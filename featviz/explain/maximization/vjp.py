"""Functions with an explicit vector-Jacobian product (VJP), cheaper than building an autograd graph in every step.

For y = f(x) and the gradient g of a scalar for y, the VJP is J^T g, the gradient of that scalar for x (as `jax.vjp`).
Nothing is approximated: each VJP is the derivative that autograd would find, written by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["Differentiable", "Pullback", "as_autograd", "compose", "from_autograd"]

Pullback: TypeAlias = Callable[[Tensor], Tensor]
"""Gradient for a function's output -> gradient for its input."""
Differentiable: TypeAlias = Callable[[Tensor], tuple[Tensor, Pullback]]
"""Input without a graph -> the function's value and its pullback."""


def compose(first: Differentiable, second: Differentiable) -> Differentiable:
    """second(first(x)), by the chain rule."""

    def both(x: Tensor) -> tuple[Tensor, Pullback]:
        middle, pullback_of_first = first(x)
        end, pullback_of_second = second(middle)
        return end, lambda grad_output: pullback_of_first(pullback_of_second(grad_output))

    return both


def from_autograd(function: Callable[[Tensor], Tensor]) -> Differentiable:
    """A function whose VJP autograd computes."""

    def differentiable(x: Tensor) -> tuple[Tensor, Pullback]:
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            value = function(leaf)
        return value.detach(), lambda grad_output: torch.autograd.grad(
            value, leaf, grad_output, retain_graph=True
        )[0]

    return differentiable


def as_autograd(function: Differentiable, x: Tensor) -> Tensor:
    """The value of a function for `x`, differentiable by autograd once, through the function's own pullback."""
    value: Tensor = _AsAutograd.apply(x, function)
    return value


class _AsAutograd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, function: Differentiable) -> Tensor:
        value, ctx.pullback = function(x.detach())
        # a new tensor: the pullback may refer to the value, and must not refer to its own graph
        return value.detach()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_output: Tensor) -> tuple[Tensor, None]:
        return ctx.pullback(grad_output[0]), None
