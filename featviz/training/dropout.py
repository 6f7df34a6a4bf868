"""Dropout that draws from the run's own generator, so that a seed makes a run and nothing else does."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor, nn

__all__ = ["SeededDropout", "seed_dropout"]


class SeededDropout(nn.Dropout):
    """`nn.Dropout` whose mask comes from `generator`; without one, from the generator that everybody shares.

    Kept are values with probability 1 - p, times 1 / (1 - p) (Srivastava et al. 2014).
    """

    generator: Generator | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy draws from no run's generator."""
        return {name: value for name, value in self.__dict__.items() if name != "generator"}

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's own name
        """The input, in training with some of its values set to 0."""
        if not self.training or self.p == 0 or self.generator is None:
            return super().forward(input)
        kept = torch.rand(input.shape, generator=self.generator) >= self.p
        return input * kept.to(input.device) / max(1 - self.p, 1e-12)


def seed_dropout(module: nn.Module, generator: Generator) -> nn.Module:
    """Have every dropout in `module` draw from `generator`; plain dropout layers are replaced, in place."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, SeededDropout(float(child.p)))
    for child in module.modules():
        if isinstance(child, SeededDropout):
            child.generator = generator
    return module
