"""Autoencoders: an encoder to a code of few numbers, and a decoder that rebuilds the image from it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Annotated

from torch import Tensor, nn

from featviz.parameter import Range
from featviz.training.input_shape import InputShape
from featviz.training.networks.layers import Activation, activation_layer
from featviz.training.registry import NETWORKS
from featviz.training.seeded_layers import GaussianSampling

__all__ = [
    "Autoencoder",
    "VariationalAutoencoder",
    "autoencoder",
    "conv_autoencoder",
    "convolutional",
    "deep_autoencoder",
    "dense",
    "variational_autoencoder",
]

CodeSize = Annotated[int, Range(1, 512)]


class Autoencoder(nn.Module):
    """An encoder and a decoder, one behind the other (Hinton and Salakhutdinov 2006)."""

    def __init__(self, encoder: nn.Sequential, decoder: nn.Sequential) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, x: Tensor) -> Tensor:
        """Map images (N, ...) to codes (N, d)."""
        code: Tensor = self.encoder(x)
        return code

    def decode(self, code: Tensor) -> Tensor:
        """Map codes (N, d) to images (N, ...)."""
        images: Tensor = self.decoder(code)
        return images

    def forward(self, x: Tensor) -> Tensor:
        """Map images to their reconstructions, of the same shape."""
        return self.decode(self.encode(x))


class VariationalAutoencoder(Autoencoder):
    """Codes are normal distributions; what is decoded is a sample of one in training, and its mean afterwards.

    Kingma and Welling 2014, arXiv:1312.6114. `mean` outputs the code.
    """

    def __init__(self, encoder: nn.Sequential, decoder: nn.Sequential, features: int, code: int) -> None:
        super().__init__(encoder, decoder)
        self.mean = nn.Linear(features, code)
        self.log_variance = nn.Linear(features, code)
        self.sampling = GaussianSampling()

    def distribution(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map images to the mean and the log variance (N, d) of their codes."""
        features = self.encoder(x)
        return self.mean(features), self.log_variance(features)

    def encode(self, x: Tensor) -> Tensor:
        """Map images (N, ...) to the means of their codes (N, d)."""
        return self.distribution(x)[0]

    def forward(self, x: Tensor) -> Tensor:
        """Map images to their reconstructions, of the same shape."""
        return self.decode(self.sampling(*self.distribution(x)))


def dense(
    shape: Sequence[int], widths: Sequence[int], activation: Activation, *, code: Activation
) -> Autoencoder:
    """Fully connected layers down to the last width and, mirrored, up again.

    Args:
        shape: of one image or vector.
        widths: units of each layer of the encoder; the last is the code's size.
        activation: the nonlinearity of hidden layers.
        code: the nonlinearity of the code.
    """
    sizes = [prod(shape), *widths]
    encoder, decoder = nn.Sequential(nn.Flatten()), nn.Sequential()
    steps = list(pairwise(sizes))
    for number, (before, after) in enumerate(steps, start=1):
        last = number == len(steps)
        encoder.add_module(
            "code" if last else f"hidden{number}", _layer(before, after, code if last else activation)
        )
    for number, (after, before) in enumerate(reversed(steps), start=1):
        last = number == len(steps)
        decoder.add_module(f"hidden{number}", _layer(before, after, "linear" if last else activation))
    decoder.add_module("image", nn.Unflatten(1, tuple(shape)))
    return Autoencoder(encoder, decoder)


def convolutional(
    shape: InputShape, channels: Sequence[int], activation: Activation, *, code: int
) -> Autoencoder:
    """Convolutions of stride 2 and, mirrored, transposed ones.

    Args:
        shape: of one image.
        channels: of each convolution.
        activation: the nonlinearity behind each.
        code: numbers of the code; 0 for all that the last convolution outputs.
    """
    encoder, decoder, sizes = nn.Sequential(), nn.Sequential(), [shape.size]
    steps = list(pairwise([shape.channels, *channels]))
    for number, (before, after) in enumerate(steps, start=1):
        block = nn.Sequential()
        block.add_module("conv", nn.Conv2d(before, after, 3, stride=2, padding=1))
        block.add_module("activation", activation_layer(activation))
        encoder.add_module(f"block{number}", block)
        sizes.append((sizes[-1] + 1) // 2)
    encoder.add_module("flatten", nn.Flatten())
    features = channels[-1] * sizes[-1] ** 2
    if code:
        encoder.add_module("code", nn.Linear(features, code))
        decoder.add_module("features", _layer(code, features, activation))
    decoder.add_module("unflatten", nn.Unflatten(1, (channels[-1], sizes[-1], sizes[-1])))
    for number, (after, before) in enumerate(reversed(steps), start=1):
        below = sizes[-1 - number]
        block = nn.Sequential()
        extra = below - (2 * sizes[-number] - 1)
        block.add_module("conv", nn.ConvTranspose2d(before, after, 3, 2, padding=1, output_padding=extra))
        if number < len(steps):
            block.add_module("activation", activation_layer(activation))
        decoder.add_module(f"block{number}", block)
    return Autoencoder(encoder, decoder)


def _layer(before: int, after: int, activation: Activation) -> nn.Sequential:
    layer = nn.Sequential()
    layer.add_module("linear", nn.Linear(before, after))
    if activation != "linear":
        layer.add_module("activation", activation_layer(activation))
    return layer


@NETWORKS.register(
    "Autoencoder, one hidden layer", reference="Bourlard and Kamp 1988; Hinton and Salakhutdinov 2006"
)
def autoencoder(
    inputs: InputShape, _outputs: int, *, code: CodeSize = 16, activation: Activation = "relu"
) -> nn.Module:
    """One fully connected layer to the code, and one back; with a linear activation it learns what PCA computes.

    Args:
        inputs: the shape of an image.
        code: numbers of the code.
        activation: the nonlinearity of the code.
    """
    return dense((inputs.channels, inputs.size, inputs.size), (code,), activation, code=activation)


@NETWORKS.register("Deep autoencoder", reference="Hinton and Salakhutdinov 2006, doi:10.1126/science.1127647")
def deep_autoencoder(
    inputs: InputShape,
    _outputs: int,
    *,
    code: CodeSize = 16,
    width: Annotated[int, Range(2, 1024)] = 128,
    depth: Annotated[int, Range(1, 5)] = 2,
    activation: Activation = "relu",
) -> nn.Module:
    """Fully connected layers, each half as wide as the one before, down to a linear code, and mirrored up again.

    Args:
        inputs: the shape of an image.
        code: numbers of the code.
        width: units of the first hidden layer.
        depth: hidden layers before the code; each is a layer that other pages can look into.
        activation: the nonlinearity of hidden layers.
    """
    widths = [max(code, width >> number) for number in range(depth)]
    shape = (inputs.channels, inputs.size, inputs.size)
    return dense(shape, (*widths, code), activation, code="linear")


@NETWORKS.register(
    "Convolutional autoencoder", reference="Masci et al. 2011, doi:10.1007/978-3-642-21735-7_7"
)
def conv_autoencoder(
    inputs: InputShape,
    _outputs: int,
    *,
    code: Annotated[int, Range(0, 512)] = 16,
    width: Annotated[int, Range(2, 128)] = 16,
    depth: Annotated[int, Range(1, 4)] = 2,
    activation: Activation = "relu",
) -> nn.Module:
    """Convolutions of stride 2 to the code, and transposed ones back.

    Args:
        inputs: the shape of an image.
        code: numbers of the code; 0 for all that the last convolution outputs.
        width: channels of the first convolution; each has twice as many as the one before.
        depth: convolutions.
        activation: the nonlinearity behind each.
    """
    channels = [width * 2**number for number in range(depth)]
    return convolutional(inputs, channels, activation, code=code)


@NETWORKS.register("Variational autoencoder", reference="Kingma and Welling 2014, arXiv:1312.6114")
def variational_autoencoder(
    inputs: InputShape,
    _outputs: int,
    *,
    code: CodeSize = 8,
    width: Annotated[int, Range(2, 128)] = 16,
    depth: Annotated[int, Range(1, 4)] = 2,
    activation: Activation = "relu",
) -> nn.Module:
    """A convolutional autoencoder whose codes are distributions, so that what lies between two codes means something.

    Args:
        inputs: the shape of an image.
        code: numbers of the code.
        width: channels of the first convolution; each has twice as many as the one before.
        depth: convolutions.
        activation: the nonlinearity behind each.
    """
    channels = [width * 2**number for number in range(depth)]
    plain = convolutional(inputs, channels, activation, code=code)
    linear = plain.encoder.get_submodule("code")
    if not isinstance(linear, nn.Linear):
        raise TypeError("The code of a convolutional autoencoder is a linear layer.")
    encoder = nn.Sequential()
    for name, part in list(plain.encoder.named_children())[:-1]:
        encoder.add_module(name, part)
    return VariationalAutoencoder(encoder, plain.decoder, linear.in_features, code)
