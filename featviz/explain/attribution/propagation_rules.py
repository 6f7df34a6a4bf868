"""Propagation rules: passes in which every operation has a method's own backward rule, and none else a gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from featviz.errors import BadInput

__all__ = [
    "NORM_ARGUMENTS",
    "Operation",
    "PropagationRules",
    "Rule",
    "bind_arguments",
    "with_surrogate_gradient",
]

Operation = Callable[..., Any]
Rule = Callable[..., Tensor]
"""(operation, *its arguments) -> its output, whose gradient is the one the method prescribes."""

NORM_ARGUMENTS = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
"""Those of a batch norm, in their order."""

_INPLACE: dict[Operation, Operation] = {
    Tensor.__iadd__: torch.add,
    Tensor.add_: torch.add,
    Tensor.__isub__: torch.sub,
    Tensor.sub_: torch.sub,
    F.relu_: F.relu,
    torch.relu_: F.relu,
    Tensor.relu_: F.relu,
    Tensor.sigmoid_: torch.sigmoid,
    Tensor.tanh_: torch.tanh,
}
_SHAPE_OPS = {
    *(
        Tensor.clone,
        Tensor.contiguous,
        Tensor.to,
        Tensor.float,
        Tensor.double,
        Tensor.__getitem__,
        torch.clone,
    ),
    *(Tensor.flatten, torch.flatten, Tensor.view, Tensor.reshape, torch.reshape, Tensor.unflatten),
    *(Tensor.permute, torch.permute, Tensor.transpose, torch.transpose, Tensor.movedim, torch.movedim),
    *(Tensor.squeeze, torch.squeeze, Tensor.unsqueeze, torch.unsqueeze, Tensor.flip, torch.flip),
    *(torch.cat, torch.concat, torch.stack, Tensor.chunk, torch.chunk, Tensor.split, torch.split),
    *(F.pad, F.channel_shuffle, torch.channel_shuffle, F.dropout, F.dropout2d, torch.dropout, Tensor.detach),
}
_CONSTANT_SCALING = {
    *(Tensor.__mul__, Tensor.__rmul__, Tensor.mul, torch.mul),
    *(Tensor.__truediv__, Tensor.div, torch.div),
}


class PropagationRules(TorchFunctionMode):
    """Inside the `with`, this thread's operations on what depends on the image follow rules.

    Operations that only move values, and scaling by constants, are right as they are. A function mode is local
    to its thread, and sees functions as well as modules, however often one is called.

    Args:
        rules: by operation; what works in place is found under the operation that does not.
        method: the method's id, for the refusal.
        network: the network's name, for the refusal.
    """

    def __init__(self, rules: Mapping[Operation, Rule], *, method: str, network: str) -> None:
        super().__init__()
        self.rules, self.method, self.network = rules, method, network

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation by its rule; one that has none raises when a gradient comes back to it.

        Raises:
            BadInput: it has none and works in place, so that it cannot be told what comes of it.
        """
        keywords = kwargs or {}
        operation = _INPLACE.get(func, func)
        if operation in self.rules and any(_tracked([*args, *keywords.values()])):
            overwrites = func in _INPLACE or bool(keywords.pop("inplace", False))
            output = self.rules[operation](operation, *args, **keywords)
            return args[0].copy_(output) if overwrites else output
        output = func(*args, **keywords)
        if (
            func in _SHAPE_OPS
            or (func in _CONSTANT_SCALING and sum(_tracked(args)) < 2)
            or not any(_tracked([output]))
        ):
            return output
        if any(output is each for each in args):
            raise self.refusal(func.__name__)
        return self._refuse_gradient(output, func.__name__)

    def _refuse_gradient(self, output: Any, operation: str) -> Any:
        """An operation's output, tensors in its lists too, whose backward pass raises the refusal."""
        if isinstance(output, (tuple, list)):
            return type(output)([self._refuse_gradient(each, operation) for each in output])
        return _RefuseGradient.apply(output, self.refusal(operation)) if any(_tracked([output])) else output

    def norm_arguments(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """A batch norm's arguments by name.

        Raises:
            BadInput: it normalizes by the statistics of the batch, and is no linear function of an image then.
        """
        arguments = bind_arguments(NORM_ARGUMENTS, args, keywords)
        if arguments.get("training") or arguments.get("running_mean") is None:
            raise self.refusal("a batch norm that takes its statistics from the batch")
        return arguments

    def refusal(self, operation: str) -> BadInput:
        """What to raise for an operation without a rule."""
        return BadInput(
            f"{self.method} has no rule for {operation}, which {self.network} uses, and would be wrong without: "
            "choose integrated_gradients, which works for every network.",
            code=self.method,
        )


class _RefuseGradient(torch.autograd.Function):
    """A copy forward, a refusal backward: what a network computes only to decide by may be anything."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, refusal: BadInput) -> Tensor:
        ctx.refusal = refusal
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *_gradients: Tensor) -> Any:
        raise ctx.refusal


def with_surrogate_gradient(path: Tensor, value: Tensor) -> Tensor:
    """`value` in the forward pass and the gradient of `path` in the backward pass (straight-through)."""
    return path + (value - path).detach()


def bind_arguments(
    names: tuple[str, ...], args: tuple[Any, ...], keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """An operation's arguments by name, positional or not."""
    return {**dict(zip(names, args, strict=False)), **keywords}


def _tracked(values: Any) -> Iterator[bool]:
    """For each tensor, in lists too, whether a gradient flows through it."""
    for value in values:
        if isinstance(value, Tensor):
            yield value.requires_grad
        elif isinstance(value, (list, tuple)):
            yield from _tracked(value)
