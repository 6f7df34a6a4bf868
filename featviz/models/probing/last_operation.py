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
_ENDS: dict[str, End] = {"Sigmoid": "sigmoid", "Hardsigmoid": "sigmoid", "Addmm": "linear"}


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
    """The operation that gave the numbers; those that only lay them out anew are passed over."""
    node = output.grad_fn
    while node is not None and _operation(node) in _LAYOUT_OPERATIONS:
        node = next((each for each, _ in node.next_functions if each is not None), None)
    return "other" if node is None else _ENDS.get(_operation(node), "other")


def _operation(node: Node) -> str:
    return node.name().partition("Backward")[0]
