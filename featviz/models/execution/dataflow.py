"""Tracing one pass of a network: which module reads which storage, and which modules pass it on unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from featviz.models.execution.torch_internals import StorageWeakRef, TorchDispatchMode
from featviz.models.layers import output_tensor

__all__ = ["DataflowTracer", "is_unpatched", "on_module_output", "storage_ref", "tensors_in"]


class DataflowTracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records during one pass which operations read the outputs of modules of one class.

    Args:
        modules: by name those that count as readers; an operation outside them is the reader None.
        kind: the class among them whose outputs are traced.
        constants: tensors traced from the start.

    Attributes:
        calls: how often each of the modules ran.
        outputs: by name of a module, the storage of its newest output.
        owners: by storage, the module that wrote it last.
        readers: by storage, the modules that have read it since.
        aliases: by storage, the modules whose output it is.
    """

    def __init__(
        self, modules: Mapping[str, nn.Module], kind: type[nn.Module], constants: Iterable[Tensor] = ()
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.modules, self._kind = modules, kind
        self.calls: Counter[str] = Counter()
        self.outputs: dict[str, StorageWeakRef] = {}
        self.owners: dict[StorageWeakRef, str] = {}
        self.readers: dict[StorageWeakRef, set[str | None]] = {storage_ref(each): set() for each in constants}
        self.aliases: dict[StorageWeakRef, set[str]] = {}
        self._inside: str | None = None

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note which traced storages an operation reads, then run it."""
        for tensor in tensors_in((*args, *(kwargs or {}).values())):
            if (readers := self.readers.get(storage_ref(tensor))) is not None:
                readers.add(self._inside)
        return func(*args, **(kwargs or {}))

    @contextmanager
    def attached(self, replica: nn.Module) -> Iterator[None]:
        """Trace the body of the `with`."""
        handles = [
            module.register_forward_pre_hook(lambda _m, _i, name=name: self._enter(name))
            for name, module in self.modules.items()
        ]
        try:
            with on_module_output(replica, lambda name, _module, output: self._leave(name, output)), self:
                yield
        finally:
            for handle in handles:
                handle.remove()

    def only_reader(self, storage: StorageWeakRef, kind: type[nn.Module]) -> str | None:
        """The one module that has read this storage, if it is of a class and nothing refers to the storage now."""
        readers = self.readers[storage]
        reader = next(iter(readers)) if len(readers) == 1 else None
        in_use = not storage.expired()  # type: ignore[no-untyped-call]
        return (
            reader if reader is not None and isinstance(self.modules[reader], kind) and not in_use else None
        )

    def _enter(self, name: str) -> None:
        self._inside = name
        self.calls[name] += 1

    def _leave(self, name: str, output: object) -> None:
        self._inside = None
        tensor = output_tensor(output)
        if tensor is None or tensor.layout is not torch.strided:
            return
        storage = storage_ref(tensor)
        if isinstance(self.modules.get(name), self._kind):
            self.outputs[name], self.owners[storage] = storage, name
            self.readers[storage], self.aliases[storage] = set(), set()
        if storage in self.aliases:
            self.aliases[storage].add(name)


@contextmanager
def on_module_output(replica: nn.Module, then: Callable[[str, nn.Module, object], None]) -> Iterator[None]:
    """In the body of the `with`, call `then(name, module, output)` after each module of a private replica."""
    handles = [
        module.register_forward_hook(lambda m, _i, output, name=name: then(name, m, output))
        for name, module in replica.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def storage_ref(tensor: Tensor) -> StorageWeakRef:
    """A weak reference to a tensor's storage, unequal to that of any later storage at the same address."""
    return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def is_unpatched(module: nn.Module) -> bool:
    """Whether a module has no hooks and no `forward` of its own, so that it does what its class says."""
    return not any(value for key, value in vars(module).items() if key.endswith("hooks") or key == "forward")


def tensors_in(values: tuple[Any, ...]) -> Iterator[Tensor]:
    """The tensors among an operation's arguments, those in lists and tuples included."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from tensors_in(tuple(value))
        elif isinstance(value, Tensor) and value.layout is torch.strided:
            yield value
