"""Maps that do not depend on the network: the baselines that every attribution has to beat."""

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.attribution.registry import METHODS, Seed
from featviz.explain.targets.score import seeded_generator
from featviz.explain.targets.units import Target
from featviz.models.model import Model

__all__ = ["BASELINES"]

BASELINES = ("random", "edges")
"""Ids of the methods here."""


@METHODS.register("Random map", reference="baseline", passes=0, lesson="attribution/random.md")
def random(_model: Model, x: Tensor, _target: Target, *, seed: Seed = 0) -> Tensor:
    """Independent Gaussian noise in each pixel.

    Args:
        seed: of the noise.
    """
    return torch.randn((1, *x.shape[-2:]), generator=seeded_generator(seed), dtype=x.dtype)


@METHODS.register(
    "Edge detector", reference="baseline: Sobel & Feldman 1968", passes=0, lesson="attribution/edges.md"
)
def edges(_model: Model, x: Tensor, _target: Target) -> Tensor:
    """How steep the image's brightness is, by Sobel's kernels, the image's edges repeated."""
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]).to(x) / 8
    brightness = F.pad(x.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    gradients = F.conv2d(brightness, torch.stack([kernel, kernel.T])[:, None])
    return gradients[0].square().sum(0, keepdim=True).sqrt()
