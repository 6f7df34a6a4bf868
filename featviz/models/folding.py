"""Folding batch norm into the convolution before it: where that is sound, and the folded weights.

At evaluation a batch norm scales and shifts every channel by constants, and a convolution is linear, so the two
are one convolution (Jacob et al. 2018, arXiv:1712.05877, section 3.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from featviz.models.layers import plain_tensor

__all__ = ["Convolution", "find_convolutions", "fold", "memory_of", "tensors_in", "unhooked"]


@dataclass(frozen=True)
class Convolution:
    """A convolution that one pass calls.

    Attributes:
        name: its name in the network.
        norm: the batch norm that can be folded into it, or None.
        showing: the modules whose recorded output would not be theirs after folding: the convolution, whatever
            hands its output on as it is, and the batch norm.
    """

    name: str
    norm: str | None
    showing: frozenset[str]


def find_convolutions(replica: nn.Module, x: Tensor) -> tuple[Convolution, ...]:
    """Run one pass and list the convolutions in order of execution, with the batch norms that can be folded.

    Every operation of the pass is watched. A batch norm can be folded where one convolution, called once, writes
    into memory that one batch norm, called once, reads, that no other operation touches and that nobody holds
    when the pass is over; and where no operation outside such modules reads the weights of the two.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards.
        x: a batch the network takes.
    """
    probe = _Probe(replica)
    with probe.attached(replica), torch.no_grad():
        output = replica(x)
        found = tuple(probe.convolution(name) for name in probe.outputs)
        del output  # kept until here: what the network returns is held by somebody
    return found


class _Probe(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes who reads the outputs and weights of plain convolutions and batch norms during one pass."""

    def __init__(self, replica: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.modules = {name: module for name, module in replica.named_modules() if _is_plain(module)}
        self.calls: Counter[str] = Counter()
        self.inside: str | None = None
        self.readers: dict[StorageWeakRef, set[str | None]] = {
            memory_of(tensor): set() for module in self.modules.values() for tensor in _constants(module)
        }
        self.outputs: dict[str, StorageWeakRef] = {}
        self.showing: dict[StorageWeakRef, set[str]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note which of the watched memory an operation is given, then run it."""
        for tensor in tensors_in((*args, *(kwargs or {}).values())):
            if (readers := self.readers.get(memory_of(tensor))) is not None:
                readers.add(self.inside)
        return func(*args, **(kwargs or {}))

    @contextmanager
    def attached(self, replica: nn.Module) -> Iterator[None]:
        """Watch the body of the `with`."""
        handles = [
            module.register_forward_hook(lambda _m, _i, output, name=name: self.leave(name, output))
            for name, module in replica.named_modules()
        ]
        handles += [
            module.register_forward_pre_hook(lambda _m, _i, name=name: self.enter(name))
            for name, module in self.modules.items()
        ]
        try:
            with self:
                yield
        finally:
            for handle in handles:
                handle.remove()

    def enter(self, name: str) -> None:
        self.inside = name
        self.calls[name] += 1

    def leave(self, name: str, output: object) -> None:
        self.inside = None
        tensor = plain_tensor(output)
        if tensor is None or tensor.layout is not torch.strided:
            return
        memory = memory_of(tensor)
        if isinstance(self.modules.get(name), nn.Conv2d):
            self.outputs[name] = memory
            self.readers[memory] = set()
            self.showing[memory] = set()
        if memory in self.showing:
            self.showing[memory].add(name)

    def convolution(self, name: str) -> Convolution:
        """What was seen of a convolution."""
        memory = self.outputs[name]
        norm = self.foldable(name, memory)
        return Convolution(name, norm, frozenset({*self.showing[memory], norm or name}))

    def foldable(self, name: str, memory: StorageWeakRef) -> str | None:
        """The batch norm that is sure to be the only reader of a convolution's output."""
        readers = self.readers[memory]
        norm = next(iter(readers)) if len(readers) == 1 else None
        if norm is None or not isinstance(self.modules[norm], nn.BatchNorm2d):
            return None
        held = not memory.expired()  # type: ignore[no-untyped-call]
        constants = [tensor for part in (name, norm) for tensor in _constants(self.modules[part])]
        read_elsewhere = any(None in self.readers[memory_of(tensor)] for tensor in constants)
        once = self.calls[name] == self.calls[norm] == 1
        return norm if once and not held and not read_elsewhere else None


def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one convolution that does what the two do, computed in float64.

    Returns:
        Weight (out, in / groups, H, W) and bias (out,), of the type and on the device of the convolution's.
    """
    mean, variance = _double(norm.running_mean), _double(norm.running_var)
    scale = (variance + norm.eps).rsqrt() * _double(norm.weight, 1)
    weight = _double(convolution.weight) * scale.reshape(-1, 1, 1, 1)
    bias = (_double(convolution.bias, 0) - mean) * scale + _double(norm.bias, 0)
    return weight.to(convolution.weight), bias.to(convolution.weight)


def _double(tensor: Tensor | None, otherwise: float = 0) -> Tensor:
    """In float64 on the CPU, as not every device has that type."""
    if tensor is None:
        return torch.tensor(otherwise, dtype=torch.float64)
    return tensor.detach().to("cpu", torch.float64)


def _is_plain(module: nn.Module) -> bool:
    """Whether a module is a convolution or a batch norm that does what its class says and nothing else."""
    if type(module) is nn.BatchNorm2d:
        known = module.running_mean is not None and not module.training
    else:
        known = type(module) is nn.Conv2d and module.weight.is_floating_point()
    return known and unhooked(module)


def unhooked(module: nn.Module) -> bool:
    """Whether nothing is hung on a module that would change what its class does."""
    return not any(held for key, held in vars(module).items() if key.endswith("hooks") or key == "forward")


def _constants(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def memory_of(tensor: Tensor) -> StorageWeakRef:
    """A tensor's memory, by a reference that does not hold it and that no later memory equals."""
    return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def tensors_in(values: tuple[Any, ...]) -> Iterator[Tensor]:
    """The tensors an operation is given, in its lists too."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from tensors_in(tuple(value))
        elif isinstance(value, Tensor) and value.layout is torch.strided:
            yield value
