"""Layers that draw from the run's own generator, so that a seed makes a run and nothing else does."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor, nn

__all__ = ["GaussianSampling", "SeededDropout", "seed_layers"]


class SeededDropout(nn.Dropout):
    """`nn.Dropout` whose mask comes from `generator`; without one, from the generator that everybody shares.

    Kept are values with probability 1 - p, times 1 / (1 - p) (Srivastava et al. 2014).
    """

    generator: Generator | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy draws from no run's generator."""
        return _without_generator(self)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's own name
        """The input, in training with some of its values set to 0."""
        if not self.training or self.p == 0 or self.generator is None:
            return super().forward(input)
        kept = torch.rand(input.shape, generator=self.generator) >= self.p
        return input * kept.to(input.device) / max(1 - self.p, 1e-12)


class GaussianSampling(nn.Module):
    """A sample of a normal distribution by its mean and log variance: mean + exp(log_variance / 2) epsilon.

    The reparameterization of Kingma and Welling 2014, arXiv:1312.6114; in evaluation mode it gives the mean.
    """

    generator: Generator | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy draws from no run's generator."""
        return _without_generator(self)

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Map two tensors (N, d) to one."""
        if not self.training:
            return mean
        epsilon = torch.randn(mean.shape, generator=self.generator).to(mean.device)
        return mean + (log_variance / 2).exp() * epsilon


def seed_layers(module: nn.Module, generator: Generator) -> nn.Module:
    """Have every dropout and sampling in `module` draw from `generator`; plain dropout is replaced, in place."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, SeededDropout(float(child.p)))
    for child in module.modules():
        if isinstance(child, SeededDropout | GaussianSampling):
            child.generator = generator
    return module


def _without_generator(module: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in module.__dict__.items() if name != "generator"}
