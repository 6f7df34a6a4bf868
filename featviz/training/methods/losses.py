"""Losses of contrastive learning, and what its features are measured by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

__all__ = ["alignment", "nt_xent", "similarities", "uniformity"]


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """The normalized temperature-scaled cross entropy of two views of N images.

    For each of the 2N embeddings z_i with its other view z_j: -log(exp(cos(z_i, z_j) / t) / sum over k other than i of
    exp(cos(z_i, z_k) / t)), and the mean of these (Chen et al. 2020, arXiv:2002.05709, equation 1).

    Args:
        first, second: (N, d), one row an image.
        temperature: t, above 0.

    Returns:
        ().
    """
    count = len(first)
    logits = similarities(torch.cat([first, second])) / temperature
    logits = logits.masked_fill(torch.eye(2 * count, dtype=torch.bool, device=logits.device), -torch.inf)
    other = torch.arange(2 * count, device=logits.device).roll(count)
    return cross_entropy(logits, other)


def similarities(embeddings: Tensor) -> Tensor:
    """Cosines (n, n) between embeddings (n, d)."""
    unit = normalize(embeddings, dim=1)
    return unit @ unit.T


def alignment(first: Tensor, second: Tensor) -> float:
    """The mean squared distance of two views of an image on the unit sphere, 0 to 4; the lower, the closer.

    Wang and Isola 2020, arXiv:2005.10242, with alpha = 2.
    """
    return float((normalize(first, dim=1) - normalize(second, dim=1)).square().sum(1).mean())


def uniformity(embeddings: Tensor) -> float:
    """log of the mean of exp(-2 d^2) over pairs on the unit sphere, -8 to 0; the lower, the more evenly spread.

    Wang and Isola 2020, arXiv:2005.10242, with t = 2.
    """
    unit = normalize(embeddings, dim=1)
    return float(torch.pdist(unit).square().mul(-2).exp().mean().log())
