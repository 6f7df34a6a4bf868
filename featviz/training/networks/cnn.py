"""A plain convolutional network."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from featviz.parameter import Level, Range
from featviz.training.input_shape import InputShape
from featviz.training.networks.layers import Activation, Normalization, activation_layer, normalization_layer
from featviz.training.registry import NETWORKS
from featviz.training.seeded_layers import SeededDropout

__all__ = ["cnn"]


@NETWORKS.register("Plain CNN", reference="LeCun et al. 1998; Simonyan and Zisserman 2015, arXiv:1409.1556")
def cnn(
    inputs: InputShape,
    outputs: int,
    *,
    depth: Annotated[int, Range(1, 5)] = 3,
    width: Annotated[int, Range(4, 128)] = 16,
    activation: Activation = "relu",
    normalization: Normalization = "batch",
    dropout: Annotated[float, Range(0, 0.9), Level("more")] = 0.0,
) -> nn.Module:
    """Convolutions 3x3, each followed by pooling that halves the image and by twice as many channels.

    Args:
        inputs: the shape of an image.
        outputs: how many logits.
        depth: convolutions, one behind the other.
        width: channels of the first.
        activation: the nonlinearity behind each convolution.
        normalization: of the channels, before the nonlinearity.
        dropout: the probability with which a feature before the last layer is set to 0 in training.
    """
    blocks = nn.Sequential()
    channels = inputs.channels
    for index in range(depth):
        after = width * 2**index
        block = nn.Sequential()
        block.add_module("conv", nn.Conv2d(channels, after, 3, padding=1, bias=normalization == "none"))
        block.add_module("norm", normalization_layer(normalization, after))
        block.add_module("activation", activation_layer(activation))
        if inputs.size >> (index + 1):
            block.add_module("pool", nn.MaxPool2d(2))
        blocks.add_module(f"block{index + 1}", block)
        channels = after
    network = nn.Sequential()
    network.add_module("features", blocks)
    network.add_module("pool", nn.AdaptiveAvgPool2d(1))
    network.add_module("flatten", nn.Flatten())
    network.add_module("dropout", SeededDropout(dropout))
    network.add_module("head", nn.Linear(channels, outputs))
    return network
