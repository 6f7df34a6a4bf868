"""Translation: names that another library gives to the layers of an architecture, as torchvision's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Translation", "stage"]

Rule = tuple[str, str | Callable[[re.Match[str]], str]]
_PARTS = "qkv"


@dataclass(frozen=True, eq=False)
class Translation:
    """Rules from one library's names of one family to torchvision's, applied one after the other.

    Attributes:
        name: whose names they are.
        rules: a pattern after the start or a dot, and what takes its place.
        epsilon: what its batch norms add to the variance, where that may be another number than the architecture's.
        unsaid: a sentence on what the names leave open.
    """

    name: str
    rules: tuple[Rule, ...]
    epsilon: float | None = None
    unsaid: str = ""

    def __call__(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors under the other names; queries, keys and values that lie apart are joined."""
        rules = [(re.compile(rf"(?:(?<=\.)|^){pattern}"), to) for pattern, to in self.rules]
        renamed: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            for pattern, to in rules:
                name = pattern.sub(to, name, count=1)
            renamed[name] = tensor
        return _joined(renamed)


def _joined(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """What stands under names that end in #q, #k and #v becomes one tensor, in this order."""
    whole = {name: tensor for name, tensor in tensors.items() if "#" not in name}
    for base in {name.partition("#")[0] for name in tensors if "#" in name}:
        parts = [tensors[f"{base}#{part}"] for part in _PARTS if f"{base}#{part}" in tensors]
        if len(parts) == len(_PARTS) and len({part.shape for part in parts}) == 1 and parts[0].ndim > 0:
            whole[base] = torch.cat(parts)
    return whole


def stage(offset: int, rest: str, scale: int = 2) -> Callable[[re.Match[str]], str]:
    """`features.` with the number of a stage, of which each has a step before it, and the rest of the name."""
    return lambda match: f"features.{scale * int(match[1]) + offset}{match.expand(rest)}"
