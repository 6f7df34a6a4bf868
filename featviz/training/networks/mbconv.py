"""A small network of inverted residual blocks."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from featviz.parameter import Level, Range
from featviz.training.input_shape import InputShape
from featviz.training.networks.attention_blocks import AttentionBlock, attention_block
from featviz.training.networks.layers import Activation, activation_layer
from featviz.training.registry import NETWORKS
from featviz.training.seeded_layers import SeededDropout

__all__ = ["mbconv"]


class InvertedResidual(nn.Module):
    """Channels are expanded, filtered one by one, and projected to few again without a nonlinearity.

    Sandler et al. 2018, arXiv:1801.04381; the shortcut leads from few channels to few.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int,
        expansion: int,
        activation: Activation,
        attention: AttentionBlock,
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = nn.Conv2d(inputs, hidden, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(hidden)
        self.activation1 = activation_layer(activation)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride, padding=1, groups=hidden, bias=False)
        self.norm2 = nn.BatchNorm2d(hidden)
        self.activation2 = activation_layer(activation)
        self.attention = attention_block(attention, hidden)
        self.project = nn.Conv2d(hidden, outputs, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(outputs)
        self.has_shortcut = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        hidden = self.activation1(self.norm1(self.expand(x)))
        hidden = self.attention(self.activation2(self.norm2(self.depthwise(hidden))))
        out: Tensor = self.norm3(self.project(hidden))
        return out + x if self.has_shortcut else out


@NETWORKS.register("Inverted residuals (MBConv)", reference="Sandler et al. 2018, arXiv:1801.04381")
def mbconv(
    inputs: InputShape,
    outputs: int,
    *,
    depth: Annotated[int, Range(1, 4)] = 3,
    width: Annotated[int, Range(4, 64)] = 12,
    expansion: Annotated[int, Range(1, 8), Level("more")] = 4,
    attention: AttentionBlock = "squeeze_excitation",
    activation: Annotated[Activation, Level("more")] = "silu",
    dropout: Annotated[float, Range(0, 0.9), Level("more")] = 0.0,
) -> nn.Module:
    """Blocks that filter many channels one by one and hand on few, as MobileNetV2 and EfficientNet are made of.

    Args:
        inputs: the shape of an image.
        outputs: how many logits.
        depth: stages of two blocks; each but the first halves the image.
        width: channels that the first stage hands on.
        expansion: by how much a block expands them.
        attention: the block behind the depthwise convolution; gates of the channels make it EfficientNet's.
        activation: the nonlinearity.
        dropout: the probability with which a feature before the last layer is set to 0 in training.
    """
    network = nn.Sequential()
    stem = nn.Sequential()
    stem.add_module("conv", nn.Conv2d(inputs.channels, width, 3, padding=1, bias=False))
    stem.add_module("norm", nn.BatchNorm2d(width))
    stem.add_module("activation", activation_layer(activation))
    network.add_module("stem", stem)
    channels = width
    for index in range(depth):
        after, stage = round(width * 1.5**index), nn.Sequential()
        stride = 2 if index else 1
        stage.append(InvertedResidual(channels, after, stride, expansion, activation, attention))
        stage.append(InvertedResidual(after, after, 1, expansion, activation, attention))
        network.add_module(f"stage{index + 1}", stage)
        channels = after
    network.add_module("pool", nn.AdaptiveAvgPool2d(1))
    network.add_module("flatten", nn.Flatten())
    network.add_module("dropout", SeededDropout(dropout))
    network.add_module("head", nn.Linear(channels, outputs))
    return network
