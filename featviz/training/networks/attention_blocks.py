"""Attention blocks that can stand behind any stage of a convolutional network; what they attend to is a layer."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

__all__ = ["AttentionBlock", "SpatialAttention", "SqueezeExcitation", "attention_block"]

AttentionBlock = Literal["none", "squeeze_excitation", "spatial", "both"]
_REDUCTION = 4
_KERNEL = 7


class SqueezeExcitation(nn.Module):
    """Each channel times a gate that follows from the means of all channels (Hu et al. 2018, arXiv:1709.01507).

    `gates` outputs (N, C, 1, 1), each in (0, 1).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(4, channels // _REDUCTION)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, hidden, 1)
        self.relu = nn.ReLU()
        self.expand = nn.Conv2d(hidden, channels, 1)
        self.gates = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        gates: Tensor = self.gates(self.expand(self.relu(self.reduce(self.pool(x)))))
        return x * gates


class SpatialAttention(nn.Module):
    """Each position times a weight that follows from the channels' mean and maximum.

    Woo et al. 2018 (CBAM), arXiv:1807.06521; `map` outputs (N, 1, H, W), each in (0, 1).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, _KERNEL, padding=_KERNEL // 2)
        self.map = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        pooled = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        weights: Tensor = self.map(self.conv(pooled))
        return x * weights


def attention_block(name: AttentionBlock, channels: int) -> nn.Module:
    """The block of this name for so many channels; both is CBAM: channels first, then positions."""
    if name == "none":
        return nn.Identity()
    block = nn.Sequential()
    if name in ("squeeze_excitation", "both"):
        block.add_module("channels", SqueezeExcitation(channels))
    if name in ("spatial", "both"):
        block.add_module("positions", SpatialAttention())
    return block
