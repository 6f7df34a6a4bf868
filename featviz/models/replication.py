"""Private replicas of a shared network: own modules, hooks and flags, the same weights in memory."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager

from torch import nn

__all__ = ["ReplicaPool", "replicate"]

_IDLE_REPLICAS = 4


def replicate(module: nn.Module, instead: Mapping[int, nn.Module] | None = None) -> nn.Module:
    """Copy a network's structure while sharing the storage of its parameters.

    Hooks, flags and buffers of the replica are its own, so whatever is done to it leaves the original and
    every other replica as they were. Parameters never require a gradient. Tied parameters stay tied.
    Whoever changes weights needs `copy.deepcopy` instead.

    Args:
        module: the shared network.
        instead: by the id of a module inside it, the module that shall stand in its place, wherever the
            network refers to it, registered or not.
    """
    memo: dict[int, object] = {
        id(parameter): nn.Parameter(parameter.detach(), requires_grad=False)
        for parameter in module.parameters()
    }
    # a fresh one each: deepcopy takes most of its time for the empty dictionaries where hooks would be
    attributes = (value for part in module.modules() for value in vars(part).values())
    memo.update(
        (id(value), OrderedDict()) for value in attributes if type(value) is OrderedDict and not value
    )
    memo.update(instead or {})
    return copy.deepcopy(module, memo)


class ReplicaPool:
    """A pool of at most four idle replicas, by kind. A copy, or a pickled one, is empty.

    Its list is changed by single operations only, so it is safe from any thread without a lock.
    """

    def __init__(self) -> None:
        self._idle: list[tuple[Hashable, nn.Module]] = []

    def __len__(self) -> int:
        """Number of idle replicas."""
        return len(self._idle)

    @contextmanager
    def lease(self, kind: Hashable, make: Callable[[], nn.Module]) -> Iterator[nn.Module]:
        """Lend a replica for one computation that leaves it as it was; after an error it is thrown away.

        Args:
            kind: replicas of the same kind stand in for each other.
            make: makes one, where none of the kind waits.
        """
        replica = self._taken(lambda idle: idle == kind)
        if replica is None:
            replica = make()
        yield replica
        self._idle.append((kind, replica))
        while len(self._idle) > _IDLE_REPLICAS:
            self._taken(lambda _idle: True)

    def _taken(self, suits: Callable[[Hashable], bool]) -> nn.Module | None:
        """Remove and return the replica that has been idle longest among those of a suitable kind."""
        for entry in tuple(self._idle):
            if suits(entry[0]):
                try:
                    self._idle.remove(entry)
                except ValueError:  # another thread was faster
                    continue
                return entry[1]
        return None

    def __reduce__(self) -> tuple[type[ReplicaPool], tuple[()]]:
        """Replicas are made again where they are needed."""
        return type(self), ()
