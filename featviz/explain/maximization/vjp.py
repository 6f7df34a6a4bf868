"""Ways there and back: a value together with how its slopes become slopes of what it was made of.

Written out, as each of them is short: autograd would look for the way back anew in each step, and take longer for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["Back", "Way", "after", "by_autograd", "tracked"]

Back: TypeAlias = Callable[[Tensor], Tensor]
"""Slopes of the value -> slopes of what it was made of."""
Way: TypeAlias = Callable[[Tensor], tuple[Tensor, Back]]
"""What there is, without a graph -> the value, and the way back from it."""


def after(first: Way, second: Way) -> Way:
    """One way and then the other."""

    def both(x: Tensor) -> tuple[Tensor, Back]:
        middle, back_from_middle = first(x)
        end, back_from_end = second(middle)
        return end, lambda slopes: back_from_middle(back_from_end(slopes))

    return both


def by_autograd(function: Callable[[Tensor], Tensor]) -> Way:
    """The way of a function that autograd can follow."""

    def way(x: Tensor) -> tuple[Tensor, Back]:
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            value = function(leaf)
        return value.detach(), lambda slopes: torch.autograd.grad(value, leaf, slopes, retain_graph=True)[0]

    return way


def tracked(way: Way, x: Tensor) -> Tensor:
    """The value of a way, which autograd goes back by."""
    value: Tensor = _Tracked.apply(x, way)
    return value


class _Tracked(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, way: Way) -> Tensor:
        value, ctx.back = way(x.detach())
        # another name for it: the way back may hold the value, and must not hold its own graph
        return value.detach()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        return ctx.back(slopes[0]), None
