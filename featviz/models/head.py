"""The head of a network: its last layer, where each of the layer's units makes one of the network's outputs alone.

Whoever reads one output then needs one unit: a quarter of a squeezenet's work is for the other classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from featviz.models.replication import replicate
from featviz.models.watching import unhooked

__all__ = ["Head", "find_head", "narrow"]

_ATEN: Any = torch.ops.aten
_UNIT_BY_UNIT = {_ATEN.relu, _ATEN.relu_, _ATEN.clamp_min, _ATEN.clamp_min_, _ATEN.clone, _ATEN.detach}
_SHAPES = {_ATEN.view, _ATEN._unsafe_view, _ATEN.squeeze}
_PLACES = {2, 3}


@dataclass(frozen=True)
class Head:
    """A fully connected layer or a convolution, called once, of which output i is unit i and what no other unit is.

    Attributes:
        name: its name in the network.
        units: how many it has, as many as the network has outputs.
        showing: the modules whose recorded output would lack units: it, and whatever hands on what it makes.
    """

    name: str
    units: int
    showing: frozenset[str]


class _Operation(NamedTuple):
    kind: Any
    arguments: tuple[Any, ...]


class _Listening(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes what a pass does after its last layer with weights that may be a head."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.last: str | None = None
        self.dimensions = 0
        self.calls: list[str] = []
        self.since: list[_Operation] = []
        self.left: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note an operation, then run it."""
        self.since.append(_Operation(func.overloadpacket, args))
        return func(*args, **(kwargs or {}))

    @contextmanager
    def attached(self, replica: nn.Module) -> Iterator[None]:
        """Listen to the body of the `with`."""
        handles = [
            module.register_forward_hook(lambda m, _i, output, name=name: self._leave(name, m, output))
            for name, module in replica.named_modules()
        ]
        try:
            with self:
                yield
        finally:
            for handle in handles:
                handle.remove()

    def _leave(self, name: str, module: nn.Module, output: object) -> None:
        if type(module) in (nn.Conv2d, nn.Linear) and isinstance(output, Tensor):
            self.calls.append(name)
            self.last, self.dimensions, self.since, self.left = name, output.ndim, [], []
        self.left.append(name)


def find_head(replica: nn.Module, x: Tensor) -> Head | None:
    """The head of a network, or None where its outputs are more than units one by one, as a softmax is.

    Every operation after the layer must keep units apart: rectifying, averaging over all places, then dropping these.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards; other copies of it run once more.
        x: a batch the network takes.
    """
    plain = {name for name, module in replica.named_modules() if unhooked(module)}
    listening = _Listening()
    with listening.attached(replica), torch.no_grad():
        output = replica(x)
    name = listening.last
    if name is None or name not in plain or listening.calls.count(name) != 1 or not _keeps_apart(listening):
        return None
    head = Head(name, len(next(replica.get_submodule(name).parameters())), frozenset(listening.left))
    return head if _agrees(replica, head, x, output) else None


def narrow(layer: nn.Module, units: Sequence[int]) -> nn.Module:
    """A private copy of a head that has these units alone, in this order."""
    own = replicate(layer)
    for name, values in layer.named_parameters(recurse=False):
        setattr(own, name, nn.Parameter(values.detach()[list(units)], requires_grad=False))
    return own


def _keeps_apart(listening: _Listening) -> bool:
    """Whether what came after the layer lets unit i alone make output i, at any size of the picture."""
    places = listening.dimensions == 4
    for operation in listening.since:
        if operation.kind is _ATEN.mean and places:
            places = {axis % 4 for axis in operation.arguments[1] or ()} != _PLACES
        elif operation.kind not in _UNIT_BY_UNIT and (places or operation.kind not in _SHAPES):
            return False
    return not places and listening.dimensions in (2, 4)


def _agrees(replica: nn.Module, head: Head, x: Tensor, output: object) -> bool:
    """Whether the first and the last unit alone make the first and the last output."""
    if not isinstance(output, Tensor) or output.shape != (len(x), head.units):
        return False
    ends = (head.units - 1, 0)
    layer = replica.get_submodule(head.name)
    try:
        with torch.no_grad():
            found = replicate(replica, {id(layer): narrow(layer, ends)})(x)
    except Exception:  # such as a network that counts its classes, or a head of several groups
        return False
    expected = output[:, list(ends)]
    return bool(found.shape == expected.shape and torch.allclose(found, expected, rtol=1e-4, atol=1e-5))
