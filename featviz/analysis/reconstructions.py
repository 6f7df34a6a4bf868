"""What an autoencoder rebuilds, beside what PCA rebuilds from as many components; and walks through its codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.training.data import TrainingData
from featviz.training.measuring import batched
from featviz.training.networks.autoencoders import Autoencoder

__all__ = [
    "Reconstructions",
    "as_images",
    "decoded",
    "encoded",
    "interpolation",
    "pca_reconstructions",
    "reconstructions",
    "traversal",
]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Reconstructions:
    """Images rebuilt from codes.

    Attributes:
        images: (n, 3, S, S), normalized.
        errors: (n,) mean squared error of each, in units of the images' variance.
        codes: (n, d).
    """

    images: Tensor
    errors: Floats
    codes: Floats

    @property
    def error(self) -> float:
        """The mean over the images."""
        return float(self.errors.mean())


def reconstructions(network: nn.Module, data: TrainingData, positions: Tensor) -> Reconstructions:
    """The images at n positions, rebuilt by a network in evaluation mode.

    Raises:
        BadInput: it is no autoencoder of this library.
    """
    codes = encoded(network, data, positions)
    rebuilt = decoded(network, codes)
    return Reconstructions(rebuilt, _errors(rebuilt, data, positions), codes)


def pca_reconstructions(data: TrainingData, positions: Tensor, components: int) -> Reconstructions:
    """The images at n positions, rebuilt from their first principal components, fitted to the training images.

    Raises:
        BadInput: there are fewer training images or values than components.
    """
    flat = data.normalized(data.images[data.training]).flatten(1).numpy()
    if components > min(flat.shape):
        raise BadInput(f"{min(flat.shape)} components at most; {components} came.", code="components")
    fitted = PCA(components, svd_solver="full").fit(flat)
    shown = data.normalized(data.images[positions])
    codes = fitted.transform(shown.flatten(1).numpy()).astype(np.float32)
    rebuilt = torch.from_numpy(fitted.inverse_transform(codes).astype(np.float32)).reshape(shown.shape)
    return Reconstructions(rebuilt, _errors(rebuilt, data, positions), codes)


def encoded(network: nn.Module, data: TrainingData, positions: Tensor) -> Floats:
    """The codes (n, d) of the images at n positions."""
    codes: Floats = batched(_own(network).encode, data, positions).numpy()
    return codes


@torch.no_grad()
def decoded(network: nn.Module, codes: Floats) -> Tensor:
    """The images (n, 3, S, S), normalized, that codes (n, d) stand for."""
    return _own(network).decode(torch.from_numpy(codes.astype(np.float32)))


def traversal(code: Floats, unit: int, low: float, high: float, steps: int = 7) -> Floats:
    """One code (d,) with one of its numbers replaced by `steps` values from `low` to `high`: (steps, d)."""
    codes = np.repeat(code[None].astype(np.float32), steps, axis=0)
    codes[:, unit] = np.linspace(low, high, steps)
    return codes


def interpolation(first: Floats, second: Floats, steps: int = 7) -> Floats:
    """Codes (steps, d) on the line from one (d,) to another, both included."""
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    line: Floats = (1 - share) * first + share * second
    return line


def as_images(data: TrainingData, images: Tensor) -> NDArray[np.uint8]:
    """Normalized images (n, 3, S, S) as (n, S, S, 3) of 0 to 255, clipped."""
    return (data.pixels(images).clamp(0, 1) * 255).round().permute(0, 2, 3, 1).to(torch.uint8).numpy()


def _own(network: nn.Module) -> Autoencoder:
    if not isinstance(network, Autoencoder):
        raise BadInput("This network has no code to decode: choose an autoencoder.", code="network")
    return network


def _errors(rebuilt: Tensor, data: TrainingData, positions: Tensor) -> Floats:
    errors: Floats = (rebuilt - data.normalized(data.images[positions])).square().flatten(1).mean(1).numpy()
    return errors
