"""A small residual network."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from featviz.parameter import Level, Range
from featviz.training.input_shape import InputShape
from featviz.training.networks.attention_blocks import AttentionBlock, attention_block
from featviz.training.networks.layers import Activation, Normalization, activation_layer, normalization_layer
from featviz.training.registry import NETWORKS
from featviz.training.seeded_layers import SeededDropout

__all__ = ["resnet"]


class ResidualBlock(nn.Module):
    """Two convolutions around which the input is led unchanged (He et al. 2016, arXiv:1512.03385)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int,
        activation: Activation,
        normalization: Normalization,
        attention: AttentionBlock,
    ) -> None:
        super().__init__()
        bias = normalization == "none"
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=bias)
        self.norm1 = normalization_layer(normalization, outputs)
        self.activation1 = activation_layer(activation)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=bias)
        self.norm2 = normalization_layer(normalization, outputs)
        self.attention = attention_block(attention, outputs)
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride)
        self.activation2 = activation_layer(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        branch = self.norm2(self.conv2(self.activation1(self.norm1(self.conv1(x)))))
        out: Tensor = self.activation2(self.attention(branch) + self.shortcut(x))
        return out


@NETWORKS.register("Residual CNN", reference="He et al. 2016, arXiv:1512.03385")
def resnet(
    inputs: InputShape,
    outputs: int,
    *,
    depth: Annotated[int, Range(1, 4)] = 3,
    width: Annotated[int, Range(4, 128)] = 16,
    blocks: Annotated[int, Range(1, 4)] = 1,
    attention: AttentionBlock = "none",
    activation: Annotated[Activation, Level("more")] = "relu",
    normalization: Annotated[Normalization, Level("more")] = "batch",
    dropout: Annotated[float, Range(0, 0.9), Level("more")] = 0.0,
) -> nn.Module:
    """Stages of residual blocks; each stage but the first halves the image and doubles the channels.

    Args:
        inputs: the shape of an image.
        outputs: how many logits.
        depth: stages.
        width: channels of the first stage.
        blocks: residual blocks of each stage.
        attention: the block that ends each residual branch: gates of the channels, a map over the positions, or both.
        activation: the nonlinearity.
        normalization: of the channels behind each convolution.
        dropout: the probability with which a feature before the last layer is set to 0 in training.
    """
    network = nn.Sequential()
    stem = nn.Sequential()
    stem.add_module("conv", nn.Conv2d(inputs.channels, width, 3, padding=1))
    stem.add_module("norm", normalization_layer(normalization, width))
    stem.add_module("activation", activation_layer(activation))
    network.add_module("stem", stem)
    channels = width
    for index in range(depth):
        after, stage = width * 2**index, nn.Sequential()
        for number in range(blocks):
            stride = 2 if index and not number else 1
            stage.append(ResidualBlock(channels, after, stride, activation, normalization, attention))
            channels = after
        network.add_module(f"stage{index + 1}", stage)
    network.add_module("pool", nn.AdaptiveAvgPool2d(1))
    network.add_module("flatten", nn.Flatten())
    network.add_module("dropout", SeededDropout(dropout))
    network.add_module("head", nn.Linear(channels, outputs))
    return network
