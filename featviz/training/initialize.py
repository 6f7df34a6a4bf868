"""Weights drawn from a generator of one's own, so that a seed makes a network and nothing else does."""

from typing import Literal

import torch
from torch import Generator, nn
from torch.nn import init

Initialization = Literal["default", "orthogonal", "small", "zeros"]
"""How weights begin."""


@torch.no_grad()
def initialize(
    module: nn.Module, generator: Generator, initialization: Initialization = "default"
) -> nn.Module:
    """Draw every parameter of `module` anew, in place, and return it.

    By default convolutions are drawn as He et al. 2015 (arXiv:1502.01852) propose for ReLU, linear layers as Glorot
    and Bengio 2010 propose; `orthogonal` is Saxe et al. 2014 (arXiv:1312.6120), `small` a standard deviation of 0.01.
    Scales of normalization start at 1, biases at 0, tokens and positions near 0.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            _draw(part, generator, initialization)
        elif isinstance(part, nn.BatchNorm2d | nn.LayerNorm):
            part.reset_parameters()
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        elif name.endswith(("class_token", "position")):
            parameter.normal_(std=0.02, generator=generator)
    return module


def _draw(
    layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear, generator: Generator, name: Initialization
) -> None:
    if name == "zeros":
        init.zeros_(layer.weight)
    elif name == "small":
        init.normal_(layer.weight, std=0.01, generator=generator)
    elif name == "orthogonal":
        init.orthogonal_(layer.weight, generator=generator)
    elif isinstance(layer, nn.Linear):
        init.xavier_uniform_(layer.weight, generator=generator)
    else:
        init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
