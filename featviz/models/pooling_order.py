"""Pooling before rectifying: the maximum of rectified numbers is the rectified maximum, of a quarter as many.

Values and gradients are the same; what a rule other than the gradient makes of each ReLU is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from featviz.models.folding import memory_of, tensors_in, unhooked
from featviz.models.layers import plain_tensor

__all__ = ["RectifiedPool", "find_rectified_pools", "pool_first"]


@dataclass(frozen=True)
class RectifiedPool:
    """A ReLU that is sure to have one reader, a max pooling.

    Attributes:
        relu: its name in the network.
        pool: the name of the pooling.
        showing: the modules that hand the ReLU's output on, whose recorded output would not be theirs.
    """

    relu: str
    pool: str
    showing: frozenset[str]


def find_rectified_pools(replica: nn.Module, x: Tensor) -> tuple[RectifiedPool, ...]:
    """Run one pass and list where a max pooling, called once, alone reads what a ReLU, called once, has made.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards.
        x: a batch the network takes.
    """
    probe = _Probe(replica)
    with probe.attached(replica), torch.no_grad():
        output = replica(x)
        found = tuple(probe.pools())
        del output  # kept until here: what the network returns is held by somebody
    return found


def pool_first(pool: nn.Module) -> nn.Module:
    """What stands in the pooling's place where its ReLU has gone."""
    return nn.Sequential(pool, nn.ReLU(inplace=True)).eval()


@dataclass
class _Rectified:
    """What is known of a ReLU's output: who made it, who read it since, which modules hand it on."""

    relu: str
    readers: set[str | None] = field(default_factory=set)
    showing: set[str] = field(default_factory=set)


class _Probe(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes who reads the outputs of ReLUs during one pass."""

    def __init__(self, replica: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.modules = {name: module for name, module in replica.named_modules() if _is_plain(module)}
        self.calls: Counter[str] = Counter()
        self.inside: str | None = None
        self.made: dict[StorageWeakRef, _Rectified] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note which outputs of ReLUs an operation is given, then run it."""
        for tensor in tensors_in((*args, *(kwargs or {}).values())):
            if (made := self.made.get(memory_of(tensor))) is not None:
                made.readers.add(self.inside)
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
        if isinstance(self.modules.get(name), nn.ReLU):
            self.made[memory] = _Rectified(name)
        if memory in self.made:
            self.made[memory].showing.add(name)

    def pools(self) -> Iterator[RectifiedPool]:
        """What was seen, while the network's output is still held."""
        for memory, made in self.made.items():
            reader = next(iter(made.readers)) if len(made.readers) == 1 else None
            held = not memory.expired()  # type: ignore[no-untyped-call]
            pooled = reader is not None and isinstance(self.modules[reader], nn.MaxPool2d)
            if pooled and not held and self.calls[made.relu] == self.calls[reader] == 1:  # type: ignore[index]
                yield RectifiedPool(made.relu, reader, frozenset(made.showing))  # type: ignore[arg-type]


def _is_plain(module: nn.Module) -> bool:
    """Whether a module is a ReLU or a max pooling that does what its class says and nothing else."""
    known = type(module) is nn.ReLU or (type(module) is nn.MaxPool2d and not module.return_indices)
    return known and unhooked(module)
