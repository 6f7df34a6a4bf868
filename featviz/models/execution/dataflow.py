"""Watching one pass of a network: who reads what its modules put out, and which modules hand it on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from featviz.models.execution.torch_internals import StorageWeakRef, TorchDispatchMode
from featviz.models.layers import plain_tensor

__all__ = ["Watch", "leaving", "memory_of", "tensors_among", "unhooked"]


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes who reads the outputs of modules of one kind, and what else it is given, during one pass.

    Args:
        modules: by name those that count as readers; whatever else reads is nobody, None.
        kind: the class among them whose outputs are watched.
        constants: tensors watched from the start.

    Attributes:
        calls: how often each of the modules ran.
        outputs: by name of a module, the memory of its newest output.
        owners: by memory, the module that put it out last.
        readers: by memory, who was given it since.
        showing: by memory, the modules whose output it is.
    """

    def __init__(
        self, modules: Mapping[str, nn.Module], kind: type[nn.Module], constants: Iterable[Tensor] = ()
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.modules, self._kind = modules, kind
        self.calls: Counter[str] = Counter()
        self.outputs: dict[str, StorageWeakRef] = {}
        self.owners: dict[StorageWeakRef, str] = {}
        self.readers: dict[StorageWeakRef, set[str | None]] = {memory_of(each): set() for each in constants}
        self.showing: dict[StorageWeakRef, set[str]] = {}
        self._inside: str | None = None

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note which of the watched memory an operation is given, then run it."""
        for tensor in tensors_among((*args, *(kwargs or {}).values())):
            if (readers := self.readers.get(memory_of(tensor))) is not None:
                readers.add(self._inside)
        return func(*args, **(kwargs or {}))

    @contextmanager
    def attached(self, replica: nn.Module) -> Iterator[None]:
        """Watch the body of the `with`."""
        handles = [
            module.register_forward_pre_hook(lambda _m, _i, name=name: self._enter(name))
            for name, module in self.modules.items()
        ]
        try:
            with leaving(replica, lambda name, _module, output: self._leave(name, output)), self:
                yield
        finally:
            for handle in handles:
                handle.remove()

    def only_reader(self, memory: StorageWeakRef, kind: type[nn.Module]) -> str | None:
        """The one module that was given this memory, if it is of a kind and nobody holds the memory now."""
        readers = self.readers[memory]
        reader = next(iter(readers)) if len(readers) == 1 else None
        held = not memory.expired()  # type: ignore[no-untyped-call]
        return reader if reader is not None and isinstance(self.modules[reader], kind) and not held else None

    def _enter(self, name: str) -> None:
        self._inside = name
        self.calls[name] += 1

    def _leave(self, name: str, output: object) -> None:
        self._inside = None
        tensor = plain_tensor(output)
        if tensor is None or tensor.layout is not torch.strided:
            return
        memory = memory_of(tensor)
        if isinstance(self.modules.get(name), self._kind):
            self.outputs[name], self.owners[memory] = memory, name
            self.readers[memory], self.showing[memory] = set(), set()
        if memory in self.showing:
            self.showing[memory].add(name)


@contextmanager
def leaving(replica: nn.Module, then: Callable[[str, nn.Module, object], None]) -> Iterator[None]:
    """In the body of the `with`, tell of each module of a private replica that returns: name, module and output."""
    handles = [
        module.register_forward_hook(lambda m, _i, output, name=name: then(name, m, output))
        for name, module in replica.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def memory_of(tensor: Tensor) -> StorageWeakRef:
    """A tensor's memory, by a reference that does not hold it and that no later memory equals."""
    return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def unhooked(module: nn.Module) -> bool:
    """Whether nothing is hung on a module that would change what its class does."""
    return not any(held for key, held in vars(module).items() if key.endswith("hooks") or key == "forward")


def tensors_among(values: tuple[Any, ...]) -> Iterator[Tensor]:
    """The tensors an operation is given, in its lists too."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from tensors_among(tuple(value))
        elif isinstance(value, Tensor) and value.layout is torch.strided:
            yield value
