"""Random weights from a seed, without touching the generator that everybody shares."""

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["PrivateRandomness"]


class PrivateRandomness(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Inside the `with`, random operations of this thread draw from a generator of their own.

    Architectures initialise themselves from torch's global generator; seeding that one would change what
    other sessions draw. A dispatch mode is local to its thread, so it hands over another generator there.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, with the private generator where it takes one."""
        kwargs = kwargs or {}
        if any(argument.name == "generator" for argument in func._schema.arguments):
            kwargs = {**kwargs, "generator": self.generator}
        return func(*args, **kwargs)
