"""Layers that the networks to train are made of, by the words of their options."""

from __future__ import annotations

from typing import Literal

from torch import nn

__all__ = ["Activation", "Normalization", "activation_layer", "normalization_layer"]

Activation = Literal["relu", "leaky_relu", "gelu", "silu", "tanh", "sigmoid", "linear"]
Normalization = Literal["batch", "group", "none"]
_LEAST_IN_GROUP = 4


def activation_layer(name: Activation) -> nn.Module:
    """The nonlinearity of this name, never in place."""
    layers: dict[str, type[nn.Module]] = {
        "relu": nn.ReLU,
        "leaky_relu": nn.LeakyReLU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "linear": nn.Identity,
    }
    return layers[name]()


def normalization_layer(name: Normalization, channels: int) -> nn.Module:
    """The normalization of this name for so many channels; groups are of at least four channels where they divide."""
    if name == "batch":
        return nn.BatchNorm2d(channels)
    if name == "group":
        fitting = (
            count for count in (8, 4, 2) if channels % count == 0 and channels // count >= _LEAST_IN_GROUP
        )
        return nn.GroupNorm(next(fitting, 1), channels)
    return nn.Identity()
