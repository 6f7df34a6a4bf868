"""The operation whose result a network outputs, as the graph of a pass tells it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.autograd.graph import Node, saved_tensors_hooks

from featviz.models.outputs import End

__all__ = ["graph_alone", "last_operation"]

_LAYOUT_OPERATIONS = frozenset(
    (
        *(
            "Alias",
            "Clone",
            "Expand",
            "Permute",
            "Reshape",
            "ReshapeAlias",
            "Select",
            "Slice",
            "Squeeze",
            "T",
        ),
        *("ToCopy", "Transpose", "UnsafeView", "Unsqueeze", "View"),
    )
)
_AVERAGING_OPERATIONS = frozenset(
    ("Add", "Cat", "Clamp", "ClampMax", "ClampMin", "Div", "Mean", "Mul", "Stack", "Sum")
)
_ENDS: dict[str, End] = {
    "Sigmoid": "sigmoid",
    "Hardsigmoid": "sigmoid",
    "Softmax": "softmax",
    "Addmm": "linear",
    "Tanh": "bounded",
    "LogSigmoid": "bounded",
}
_DEEPEST = 32


@contextmanager
def graph_alone() -> Iterator[None]:
    """Have passes build their graph and keep nothing for a way back, which nobody takes."""
    with torch.enable_grad(), saved_tensors_hooks(_dropped, _gone):
        yield


def _dropped(_saved: object) -> None:
    """What would be kept."""


def _gone(_nothing: object) -> Tensor:
    raise RuntimeError("the way back was not kept")


def last_operation(output: Tensor) -> End:
    """The operation that gave the numbers; those that only lay them out anew, clamp or average them are passed over."""
    return "other" if output.grad_fn is None else _end(output.grad_fn, _DEEPEST)


def _end(node: Node, depth: int) -> End:
    operation, before = _operation(node), [each for each, _ in node.next_functions if each is not None]
    if operation in _LAYOUT_OPERATIONS and before and depth:
        return _end(before[0], depth - 1)
    if operation not in _AVERAGING_OPERATIONS or not 1 <= len(before) <= depth:
        return _ENDS.get(operation, "other")
    ends = {_end(each, depth // 2) for each in before}
    return ends.pop() if ends in ({"sigmoid"}, {"softmax"}) else "other"


def _operation(node: Node) -> str:
    return node.name().partition("Backward")[0]
