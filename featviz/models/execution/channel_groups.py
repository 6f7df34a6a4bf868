"""The makers of an output: the layers of which each unit makes one unit of it and nothing else, at any size.

Whoever reads one class then needs one unit of the head, a quarter less of a squeezenet's work; whoever reads one
channel of an inception module needs one unit of one of its branches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from featviz.models.capture import recording
from featviz.models.execution.channel_slicing import narrow
from featviz.models.execution.dataflow import leaving, memory_of, tensors_among, unhooked
from featviz.models.execution.torch_internals import StorageWeakRef, TorchDispatchMode
from featviz.models.layers import plain_tensor
from featviz.models.replication import replicate

__all__ = ["Makers", "Part", "find_makers"]

_ATEN: Any = torch.ops.aten
_UNIT_BY_UNIT = {
    *(_ATEN.relu, _ATEN.relu_, _ATEN.clamp_min, _ATEN.clamp_min_, _ATEN.hardtanh, _ATEN.hardtanh_),
    *(_ATEN.leaky_relu, _ATEN.leaky_relu_, _ATEN.silu, _ATEN.silu_, _ATEN.gelu, _ATEN.sigmoid),
    *(_ATEN.clone, _ATEN.detach),
}
_POOLS = {_ATEN.max_pool2d_with_indices, _ATEN.avg_pool2d, _ATEN._adaptive_avg_pool2d}
_SHAPES = {_ATEN.view, _ATEN._unsafe_view, _ATEN.squeeze}
_PLACES = {2, 3}


class Part(NamedTuple):
    """A fully connected layer or a convolution, called once, and how many units it has."""

    name: str
    units: int


@dataclass(frozen=True)
class Makers:
    """What makes an output.

    Attributes:
        parts: whose units lie one after the other in the output's.
        showing: the modules whose recorded output would lack units: the parts, and whatever hands on what they make.
    """

    parts: tuple[Part, ...]
    showing: frozenset[str]

    @property
    def units(self) -> int:
        """How many the output has."""
        return sum(part.units for part in self.parts)

    def takes(self, units: Sequence[int]) -> bool:
        """Whether the output can be had with these units alone, in this order."""
        known = bool(units) and all(type(unit) is int and 0 <= unit < self.units for unit in units)
        # parts lie one after the other, whatever is asked for
        return known and (len(self.parts) == 1 or list(units) == sorted(units))

    def narrowed(self, units: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
        """By name of each part, which of its units make these."""
        before = 0
        for part in self.parts:
            yield part.name, [unit - before for unit in units if 0 <= unit - before < part.units]
            before += part.units


class _Making(NamedTuple):
    """What made a tensor, and whether its units have places still: rows and columns."""

    parts: tuple[Part, ...]
    places: bool


class _Listening(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes during a pass what is made of the units of which layers."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: Counter[str] = Counter()
        self.made: dict[StorageWeakRef, _Making] = {}
        self.mixed: set[Part] = set()
        self.left: list[tuple[str, StorageWeakRef]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, and note what it makes of units."""
        given = [
            self.made.get(memory_of(tensor)) for tensor in tensors_among((*args, *(kwargs or {}).values()))
        ]
        found = func(*args, **(kwargs or {}))
        if any(given):
            making, tensor = _made_of(given, func.overloadpacket, args), plain_tensor(found)
            if making is None or tensor is None:
                self.mixed.update(part for each in given if each for part in each.parts)
            else:
                self.made[memory_of(tensor)] = making
        return found

    def leave(self, name: str, module: nn.Module, output: object) -> None:
        """Note a module's output."""
        self.calls[name] += 1
        tensor = plain_tensor(output)
        if tensor is None or tensor.layout is not torch.strided:
            return
        memory = memory_of(tensor)
        if _has_units(module) and tensor.ndim in (2, 4):
            self.made[memory] = _Making((Part(name, len(next(module.parameters()))),), tensor.ndim == 4)
        self.left.append((name, memory))

    def makers(self, output: Tensor) -> Makers | None:
        """What made an output, if each of its units is one of theirs."""
        making = self.made.get(memory_of(output))
        if making is None or self.mixed.intersection(making.parts):
            return None
        once = all(self.calls[part.name] == 1 for part in making.parts)
        if not once or len({*making.parts}) < len(making.parts):
            return None
        shown = (name for name, memory in self.left if self._holds(memory, making.parts))
        return Makers(making.parts, frozenset(shown))

    def _holds(self, memory: StorageWeakRef, parts: Sequence[Part]) -> bool:
        making = self.made.get(memory)
        return making is not None and not {*parts}.isdisjoint(making.parts)


def find_makers(replica: nn.Module, x: Tensor, layer: tuple[str, int] | None = None) -> Makers | None:
    """What makes a layer's output, or None where it is more than units one by one, as a softmax or a sum is.

    Every operation on the way must keep units apart: rectifying, pooling, putting one behind the other, averaging
    over all places, then dropping these.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards; other copies of it run once more.
        x: a batch of square pictures that the network takes.
        layer: a module's name and which of its calls is meant; None is the network's own output (N, units).
    """
    plain = {name for name, module in replica.named_modules() if unhooked(module)}
    listening = _Listening()
    with leaving(replica, listening.leave), listening, torch.no_grad():
        output = _run(replica, x, layer)
    if output is None or not _in_channels(output, layer):
        return None
    makers = listening.makers(output)
    if makers is None or not {part.name for part in makers.parts} <= plain:
        return None
    return makers if _agrees(replica, makers, x, layer, output) else None


def _run(replica: nn.Module, x: Tensor, layer: tuple[str, int] | None) -> Tensor | None:
    """A layer's output in a pass that stops there, if it is a tensor."""
    output: object = None
    with recording(replica, {} if layer is None else {"": layer}, detach=False) as outputs:
        output = replica(x)
    found = output if layer is None else outputs.get("")
    return found if isinstance(found, Tensor) else None


def _in_channels(output: Tensor, layer: tuple[str, int] | None) -> bool:
    """Whether an output is read unit by unit along its second axis, as maps are: those of a square are square."""
    if output.ndim == 4:
        return layer is not None and output.shape[2] == output.shape[3]
    return output.ndim == 2


def _has_units(module: nn.Module) -> bool:
    return type(module) is nn.Linear or (type(module) is nn.Conv2d and module.groups == 1)


def _made_of(given: Sequence[_Making | None], kind: Any, arguments: tuple[Any, ...]) -> _Making | None:
    """What an operation makes of tensors that were made so; None if units do not stay apart."""
    if kind is _ATEN.cat:
        return _behind_each_other(given, arguments)
    making = given[0]
    if making is None or len(given) > 1:
        return None
    if kind is _ATEN.mean and making.places:
        gone = {axis % 4 for axis in arguments[1] or ()} == _PLACES
        return making._replace(places=False) if gone else None
    if kind is _ATEN.as_strided_ and not making.places:
        return making if _as_they_lie(*arguments) else None
    allowed = _UNIT_BY_UNIT | (_POOLS if making.places else _SHAPES)
    return making if kind in allowed else None


def _as_they_lie(_tensor: Tensor, size: Sequence[int], stride: Sequence[int], *_offset: int | None) -> bool:
    """Whether units stay where they are, with places of which there is one: so torch averages maps channels-last."""
    return len(size) == 4 and [*size[2:], *stride[:2]] == [1, 1, size[1], 1]


def _behind_each_other(given: Sequence[_Making | None], arguments: tuple[Any, ...]) -> _Making | None:
    """Maps put together channel after channel."""
    makings = [making for making in given if making is not None and making.places]
    if len(makings) < len(given) or len(arguments) < 2 or arguments[1] % 4 != 1:
        return None
    return _Making(tuple(part for making in makings for part in making.parts), places=True)


def _agrees(
    replica: nn.Module, makers: Makers, x: Tensor, layer: tuple[str, int] | None, output: Tensor
) -> bool:
    """Whether the first and the last unit alone make the first and the last of the output."""
    if output.shape[:2] != (len(x), makers.units):
        return False
    ends = sorted({0, makers.units - 1})
    instead = {
        id(replica.get_submodule(name)): narrow(replica.get_submodule(name), units)
        for name, units in makers.narrowed(ends)
    }
    try:
        with torch.no_grad():
            found = _run(replicate(replica, instead), x, layer)
    except Exception:  # such as a network that counts its classes
        return False
    expected = output[:, ends]
    if found is None or found.shape != expected.shape:
        return False
    return torch.allclose(found, expected, rtol=1e-4, atol=1e-5)
