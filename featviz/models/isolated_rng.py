"""Random weights from a seed, without touching the generator that everybody shares."""

from typing import Any

import torch

from featviz.errors import BadInput
from featviz.models.execution.torch_internals import TorchDispatchMode

__all__ = ["IsolatedRNG"]

_SEEDS = 1 << 63


class IsolatedRNG(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Inside the `with`, random operations of this thread draw from a generator of their own.

    Architectures initialise themselves from torch's global generator; seeding that one would change what
    other sessions draw. A dispatch mode is local to its thread, so it hands over another generator there.
    """

    def __init__(self, seed: int) -> None:
        if not 0 <= seed < _SEEDS:
            raise BadInput(f"Seed {seed} came; it must be a whole number from 0 to 2^63 - 1.", code="seed")
        super().__init__()  # type: ignore[no-untyped-call]
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, with the private generator where it takes one."""
        drawing = None if (kwargs or {}).get("generator") is not None else _taking_generator(func)
        on_meta = bool(args) and isinstance(args[0], torch.Tensor) and args[0].is_meta
        if drawing is None or on_meta:
            return func(*args, **(kwargs or {}))
        return drawing(*args, **{**(kwargs or {}), "generator": self.generator})


def _taking_generator(func: Any) -> Any | None:
    """The form of an operation that takes a generator: itself, or its sibling as `randn` has one."""
    if any(argument.name == "generator" for argument in func._schema.arguments):
        return func
    sibling = "generator" if func._overloadname == "default" else f"{func._overloadname}_generator"
    packet = func.overloadpacket
    return getattr(packet, sibling) if sibling in packet.overloads() else None
