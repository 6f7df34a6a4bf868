"""Weights drawn from a generator of one's own, so that a seed makes a network and nothing else does."""

import torch
from torch import Generator, nn
from torch.nn import init


@torch.no_grad()
def initialize(module: nn.Module, generator: Generator) -> nn.Module:
    """Draw every parameter of `module` anew, in place, and return it.

    Convolutions are drawn as He et al. 2015 (arXiv:1502.01852) propose for ReLU, linear layers as Glorot and
    Bengio 2010 propose; scales of normalization start at 1, biases at 0, tokens and positions near 0.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(part, nn.Linear):
            init.xavier_uniform_(part.weight, generator=generator)
        elif isinstance(part, nn.BatchNorm2d | nn.LayerNorm):
            part.reset_parameters()
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        elif name.endswith(("class_token", "position")):
            parameter.normal_(std=0.02, generator=generator)
    return module
