"""The attribution methods by id, and what a method that takes its time yields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from torch import Tensor

from featviz.registry import Level, Naming, Range, Registry

__all__ = ["GRADIENT", "METHODS", "LayerName", "Partial", "Seed"]

GRADIENT = 3
"""A forward pass and the way back for the gradient cost about as much as three passes."""

METHODS = Registry("attribution method")
"""Each is a function (model, x, target, *, options) of one image x (1, C, H, W). It returns its raw map
(channels, height, width) or a `Partial`, or yields one after each piece of work, the last being the result."""


Seed = Annotated[int, Range(0, 2**63 - 1), Level("all")]
LayerName = Annotated[str | None, Naming("layer"), Level("more")]


@dataclass(frozen=True, eq=False)
class Partial:
    """The raw map as far as it is known after `done` of `total` pieces of work.

    Attributes:
        done: pieces of work.
        total: pieces of work.
        raw: the map (channels, height, width).
        chosen: what the method took for options that were left open, such as the layer.
    """

    done: int
    total: int
    raw: Tensor
    chosen: Mapping[str, str] = field(default_factory=dict)
