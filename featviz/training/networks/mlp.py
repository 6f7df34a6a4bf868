"""A multilayer perceptron."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from featviz.parameter import Level, Range
from featviz.training.input_shape import InputShape
from featviz.training.networks.layers import Activation, activation_layer
from featviz.training.registry import NETWORKS
from featviz.training.seeded_layers import SeededDropout

__all__ = ["mlp"]


@NETWORKS.register("Multilayer perceptron", reference="Rumelhart, Hinton and Williams 1986")
def mlp(
    inputs: InputShape,
    outputs: int,
    *,
    depth: Annotated[int, Range(1, 20)] = 2,
    width: Annotated[int, Range(2, 1024)] = 128,
    activation: Activation = "relu",
    dropout: Annotated[float, Range(0, 0.9), Level("more")] = 0.0,
) -> nn.Module:
    """Fully connected layers; each unit sees all pixels, and nothing tells it which are neighbors.

    Args:
        inputs: the shape of an image.
        outputs: how many logits.
        depth: hidden layers.
        width: units of each.
        activation: the nonlinearity behind each hidden layer.
        dropout: the probability with which a unit is set to 0 in training.
    """
    network = nn.Sequential()
    network.add_module("flatten", nn.Flatten())
    units = inputs.values
    for index in range(depth):
        hidden = nn.Sequential()
        hidden.add_module("linear", nn.Linear(units, width))
        hidden.add_module("activation", activation_layer(activation))
        hidden.add_module("dropout", SeededDropout(dropout))
        network.add_module(f"hidden{index + 1}", hidden)
        units = width
    network.add_module("head", nn.Linear(units, outputs))
    return network
