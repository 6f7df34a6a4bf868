"""Channel groups: layers whose output channels correspond one to one to the channels of a given output.

Channels that nobody reads then need not be computed, at any input size: one class needs one channel of the head, a
quarter less of a squeezenet's work; one channel of an inception module needs one channel of one of its branches.
Structured pruning finds such dependency groups the same way (Fang et al. 2023, arXiv:2301.12900).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from featviz.models.capture import recording
from featviz.models.execution.channel_slicing import slice_output_channels
from featviz.models.execution.dataflow import is_unpatched, on_module_output, storage_ref, tensors_in
from featviz.models.execution.torch_internals import StorageWeakRef, TorchDispatchMode
from featviz.models.layers import output_tensor
from featviz.models.replication import replicate

__all__ = ["ChannelGroup", "GroupMember", "find_channel_group"]

_ATEN: Any = torch.ops.aten
_ELEMENTWISE = {
    *(_ATEN.relu, _ATEN.relu_, _ATEN.clamp_min, _ATEN.clamp_min_, _ATEN.hardtanh, _ATEN.hardtanh_),
    *(_ATEN.leaky_relu, _ATEN.leaky_relu_, _ATEN.silu, _ATEN.silu_, _ATEN.gelu, _ATEN.sigmoid),
    *(_ATEN.clone, _ATEN.detach),
}
_POOLS = {_ATEN.max_pool2d_with_indices, _ATEN.avg_pool2d, _ATEN._adaptive_avg_pool2d}
_SHAPES = {_ATEN.view, _ATEN._unsafe_view, _ATEN.squeeze}
_SPATIAL_AXES = {2, 3}


class GroupMember(NamedTuple):
    """A fully connected layer or a convolution, called once, and its number of output channels."""

    name: str
    channels: int


@dataclass(frozen=True)
class ChannelGroup:
    """The layers that compute an output, channel by channel.

    Attributes:
        members: the layers whose output channels, concatenated in this order, are the output's.
        aliases: modules whose recorded output would be sliced as well: the group's layers and every pass-through
            between them and the output.
    """

    members: tuple[GroupMember, ...]
    aliases: frozenset[str]

    @property
    def channels(self) -> int:
        """The number of channels of the output."""
        return sum(member.channels for member in self.members)

    def covers(self, channels: Sequence[int]) -> bool:
        """Whether the output can be computed with these channels alone, in this order."""
        known = bool(channels) and all(
            type(channel) is int and 0 <= channel < self.channels for channel in channels
        )
        # members are concatenated in their own order, whichever channels are read
        return known and (len(self.members) == 1 or list(channels) == sorted(channels))

    def local_indices(self, channels: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
        """By name of each member, which of its own channels these are."""
        before = 0
        for member in self.members:
            yield (
                member.name,
                [channel - before for channel in channels if 0 <= channel - before < member.channels],
            )
            before += member.channels


class _ChannelSource(NamedTuple):
    """The layers a tensor's channels come from, and whether it still has rows and columns."""

    members: tuple[GroupMember, ...]
    spatial: bool


class _ChannelTracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Traces during a pass which tensors hold the channels of which layers."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: Counter[str] = Counter()
        self.sources: dict[StorageWeakRef, _ChannelSource] = {}
        self.mixed: set[GroupMember] = set()
        self.outputs: list[tuple[str, StorageWeakRef]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, and note whose channels its result holds."""
        inputs = [
            self.sources.get(storage_ref(tensor)) for tensor in tensors_in((*args, *(kwargs or {}).values()))
        ]
        result = func(*args, **(kwargs or {}))
        if any(inputs):
            source, tensor = _propagate(inputs, func.overloadpacket, args), output_tensor(result)
            if source is None or tensor is None:
                self.mixed.update(member for each in inputs if each for member in each.members)
            else:
                self.sources[storage_ref(tensor)] = source
        return result

    def leave(self, name: str, module: nn.Module, output: object) -> None:
        """Note a module's output."""
        self.calls[name] += 1
        tensor = output_tensor(output)
        if tensor is None or tensor.layout is not torch.strided:
            return
        storage = storage_ref(tensor)
        if _has_channels(module) and tensor.ndim in (2, 4):
            self.sources[storage] = _ChannelSource(
                (GroupMember(name, len(next(module.parameters()))),), tensor.ndim == 4
            )
        self.outputs.append((name, storage))

    def group(self, output: Tensor) -> ChannelGroup | None:
        """The layers that compute an output, if each of its channels is one of theirs."""
        source = self.sources.get(storage_ref(output))
        if source is None or self.mixed.intersection(source.members):
            return None
        once = all(self.calls[member.name] == 1 for member in source.members)
        if not once or len({*source.members}) < len(source.members):
            return None
        shown = (name for name, storage in self.outputs if self._holds(storage, source.members))
        return ChannelGroup(source.members, frozenset(shown))

    def _holds(self, storage: StorageWeakRef, members: Sequence[GroupMember]) -> bool:
        source = self.sources.get(storage)
        return source is not None and not {*members}.isdisjoint(source.members)


def find_channel_group(
    replica: nn.Module, x: Tensor, layer: tuple[str, int] | None = None
) -> ChannelGroup | None:
    """The channel group of a layer's output, or None where channels mix, as in a softmax or a sum.

    Every operation between the group's layers and the output must act on each channel by itself: activation
    functions, pooling, concatenation, the mean over all positions, and then dropping the two spatial axes.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards; other copies of it run once more.
        x: a batch of square images that the network takes, (N, C, H, H).
        layer: a module's name and which of its calls is meant; None is the network's own output (N, channels).
    """
    plain = {name for name, module in replica.named_modules() if is_unpatched(module)}
    tracer = _ChannelTracer()
    with on_module_output(replica, tracer.leave), tracer, torch.no_grad():
        output = _run(replica, x, layer)
    if output is None or not _is_read_by_channel(output, layer):
        return None
    group = tracer.group(output)
    if group is None or not {member.name for member in group.members} <= plain:
        return None
    return group if _agrees(replica, group, x, layer, output) else None


def _run(replica: nn.Module, x: Tensor, layer: tuple[str, int] | None) -> Tensor | None:
    """A layer's output in a pass that stops there, if it is a tensor."""
    output: object = None
    with recording(replica, {} if layer is None else {"": layer}, detach=False) as outputs:
        output = replica(x)
    result = output if layer is None else outputs.get("")
    return result if isinstance(result, Tensor) else None


def _is_read_by_channel(output: Tensor, layer: tuple[str, int] | None) -> bool:
    """Whether the second axis of an output counts channels: (N, C), or maps (N, C, H, H), square for a square."""
    if output.ndim == 4:
        return layer is not None and output.shape[2] == output.shape[3]
    return output.ndim == 2


def _has_channels(module: nn.Module) -> bool:
    return type(module) is nn.Linear or (type(module) is nn.Conv2d and module.groups == 1)


def _propagate(
    inputs: Sequence[_ChannelSource | None], kind: Any, arguments: tuple[Any, ...]
) -> _ChannelSource | None:
    """The channel source of an operation's result, given those of its inputs; None if channels mix."""
    if kind is _ATEN.cat:
        return _concatenate(inputs, arguments)
    source = inputs[0]
    if source is None or len(inputs) > 1:
        return None
    if kind is _ATEN.mean and source.spatial:
        gone = {axis % 4 for axis in arguments[1] or ()} == _SPATIAL_AXES
        return source._replace(spatial=False) if gone else None
    if kind is _ATEN.as_strided_ and not source.spatial:
        return source if _keeps_memory_order(*arguments) else None
    allowed = _ELEMENTWISE | (_POOLS if source.spatial else _SHAPES)
    return source if kind in allowed else None


def _keeps_memory_order(
    _tensor: Tensor, size: Sequence[int], stride: Sequence[int], *_offset: int | None
) -> bool:
    """Whether channels stay in place and positions are 1 x 1: so torch averages channels-last maps."""
    return len(size) == 4 and [*size[2:], *stride[:2]] == [1, 1, size[1], 1]


def _concatenate(
    inputs: Sequence[_ChannelSource | None], arguments: tuple[Any, ...]
) -> _ChannelSource | None:
    """Maps concatenated along the channel axis."""
    sources = [source for source in inputs if source is not None and source.spatial]
    if len(sources) < len(inputs) or len(arguments) < 2 or arguments[1] % 4 != 1:
        return None
    return _ChannelSource(tuple(member for source in sources for member in source.members), spatial=True)


def _agrees(
    replica: nn.Module, group: ChannelGroup, x: Tensor, layer: tuple[str, int] | None, output: Tensor
) -> bool:
    """Whether the first and the last channel, computed alone, equal the first and the last of the output."""
    if output.shape[:2] != (len(x), group.channels):
        return False
    ends = sorted({0, group.channels - 1})
    instead = {
        id(replica.get_submodule(name)): slice_output_channels(replica.get_submodule(name), channels)
        for name, channels in group.local_indices(ends)
    }
    try:
        with torch.no_grad():
            output_at_ends = _run(replicate(replica, instead), x, layer)
    except Exception:  # such as a network that counts its classes
        return False
    expected = output[:, ends]
    if output_at_ends is None or output_at_ends.shape != expected.shape:
        return False
    return torch.allclose(output_at_ends, expected, rtol=1e-4, atol=1e-5)
