"""Reconstruction: a network learns to give back the image it is shown."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from featviz.errors import BadInput
from featviz.parameter import Level, Range
from featviz.training.data import TrainingData
from featviz.training.measuring import batched
from featviz.training.networks.autoencoders import VariationalAutoencoder
from featviz.training.registry import TRAINING_METHODS
from featviz.training.task import Batch, Loss, Task

__all__ = ["ReconstructionOutput", "divergence", "reconstruction", "split_output"]


@TRAINING_METHODS.register(
    "Reconstruction (autoencoder)", reference="Vincent et al. 2008; Kingma and Welling 2014"
)
def reconstruction(
    network: nn.Module,
    data: TrainingData,
    *,
    noise: Annotated[float, Range(0, 2)] = 0.0,
    beta: Annotated[float, Range(0, 100), Level("more")] = 1.0,
) -> Task:
    """The image is rebuilt from a code of few numbers, by mean squared error; no labels are needed.

    Args:
        network: gives an image as large as its input, alone or beside the code, in either order.
        data: the images.
        noise: standard deviation of the noise that is added to what the network sees, in standard deviations of the
            images; it learns to take it away (denoising autoencoder).
        beta: weight of the Kullback-Leibler divergence of a variational autoencoder's codes from a standard normal
            distribution; 1 is the evidence lower bound, more the beta-VAE of Higgins et al. 2017.

    Raises:
        BadInput: none of the network's outputs is an image as large as its input.
    """
    with torch.no_grad():
        example = data.normalized(data.images[:2])
        split_output(network.eval()(example), example)
    output = network if isinstance(network(example), Tensor) else ReconstructionOutput(network)

    def loss(batch: Batch) -> Loss:
        images = batch.images
        if noise:
            images = images + noise * torch.randn(images.shape, generator=batch.generator)
        if isinstance(network, VariationalAutoencoder):
            mean, log_variance = network.distribution(images)
            rebuilt = network.decode(network.sampling(mean, log_variance))
            penalty = beta * divergence(mean, log_variance) / batch.images[0].numel()
            return Loss(mse_loss(rebuilt, batch.images) + penalty)
        return Loss(mse_loss(output(images), batch.images))

    def measure() -> dict[str, float]:
        rebuilt = batched(output, data, data.held_out)
        return {"held_out_loss": float(mse_loss(rebuilt, data.normalized(data.images[data.held_out])))}

    return Task(output, output, loss, measure, "reconstruction")


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)), summed over the code (N, d), mean over the images.

    1/2 sum(mean^2 + variance - log variance - 1), Kingma and Welling 2014, appendix B.
    """
    each = (mean.square() + log_variance.exp() - log_variance - 1) / 2
    return each.sum(1).mean()


class ReconstructionOutput(nn.Module):
    """Of a network that outputs code and reconstruction the reconstruction alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Map images to their reconstructions."""
        return split_output(self.network(x), x)[1]


def split_output(output: object, images: Tensor) -> tuple[Tensor | None, Tensor]:
    """Code and reconstruction, in whatever order a network gives them: the reconstruction has the images' shape.

    Raises:
        BadInput: none of the outputs has that shape, or more than one.
    """
    values = output.values() if isinstance(output, dict) else output
    tensors = (
        [values]
        if isinstance(values, Tensor)
        else [each for each in _items(values) if isinstance(each, Tensor)]
    )
    alike = [each for each in tensors if each.shape == images.shape]
    shape = tuple(images.shape[1:])
    if len(alike) != 1:
        came = ", ".join(str(tuple(each.shape[1:])) for each in tensors) or "no tensor"
        raise BadInput(
            f"A network that rebuilds images gives one output of the input's shape {shape}; {came} came.",
            code="output",
        )
    codes = [each for each in tensors if each is not alike[0]]
    return (codes[0] if codes else None), alike[0]


def _items(values: object) -> list[object]:
    return list(values) if isinstance(values, tuple | list) or hasattr(values, "__iter__") else []
