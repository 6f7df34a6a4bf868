"""The attribution methods by id, and what a method that takes its time yields."""

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor

from featviz.registry import Range, Registry

__all__ = ["METHODS", "Partial", "Seed"]

METHODS = Registry("attribution method")
"""Each is a function (model, x, target, *, options) of one picture x (1, C, H, W). It returns its raw map
(channels, height, width), or yields a `Partial` after each piece of work, the last being the result."""


Seed = Annotated[int, Range(0, 2**63 - 1)]


@dataclass(frozen=True, eq=False)
class Partial:
    """The raw map as far as it is known after `done` of `total` pieces of work."""

    done: int
    total: int
    raw: Tensor
