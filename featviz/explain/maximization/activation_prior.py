"""A prior over images from activation statistics: how close an image's activations are to those of real images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import Tensor

from featviz.data.sets.image_set import Sample
from featviz.errors import BadInput
from featviz.explain.maximization.image_statistics import read_images
from featviz.explain.maximization.preprocessing import input_normalization
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.explain.targets.units import ForwardPass, Objective
from featviz.models.model import Model

__all__ = ["ActivationPrior", "typical"]

_BATCH_SIZE = 32
_MIN_IMAGES = 64
_SHRINKAGE, _TINY = 0.05, 1e-6
_EPSILON = 1e-4


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """Distribution of a layer's descriptors over real images: every channel's mean and deviation over positions.

    Attributes:
        mean: (2 C,) of the descriptors.
        whitening: (2 C, 2 C) W with W W^T the inverse covariance: (d - mean) W has unit covariance.
    """

    mean: Tensor
    whitening: Tensor

    def mahalanobis(self, activations: Tensor) -> Tensor:
        """Squared Mahalanobis distance over 2 C for activations (N, C, ...), (N,): about 1 for real images."""
        difference = _describe(activations) - self.mean.to(activations.device)
        return (difference @ self.whitening.to(difference)).square().mean(1)


@dataclass(frozen=True, eq=False)
class ActivationPrior(Objective):
    """How typical an image is: minus its mean squared Mahalanobis distance from real images over layers and colors.

    A class's logit rises with many patterns that no real image holds, and that other networks do not recognise. Added
    to it, this keeps to images whose channels have real images' means, deviations and correlations. It knows nothing
    of classes.

    Args:
        statistics: of real images, by layer; None stands for the colors themselves.
    """

    statistics: tuple[tuple[str | None, LayerStatistics], ...] = field(repr=False)

    @property
    def layers(self) -> frozenset[str | None]:
        """Those whose statistics it has."""
        return frozenset(layer for layer, _ in self.statistics if layer is not None)

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """About -1 to 0 for real images, less for others, (N,)."""
        distances = [
            layer_statistics.mahalanobis(_activations(forward_pass, layer))
            for layer, layer_statistics in self.statistics
        ]
        return -torch.stack(distances).mean(0)


def typical(
    model: Model,
    images: Iterable[Sample | Image.Image],
    layers: Sequence[str] | None = None,
    *,
    most: int = 800,
) -> ActivationPrior:
    """Measure the activation statistics of a network's layers on real images.

    The squared distance of means and deviations from those of real images follows DeepInversion (Yin et al. 2020,
    arXiv:1912.08795), here image by image and with covariances, so that it needs no batch normalization.

    Args:
        model: the network.
        images: a set, or PIL images; labels are not read.
        layers: their names; None takes every ReLU or GELU.
        most: at most how many images are measured.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: fewer than 64 images, or no such layer.
    """
    names = tuple(layers if layers is not None else _activations_of(model))
    if not names:
        raise BadInput(f"{model.name} has no ReLU or GELU: name the layers to look at.", code="layer")
    pixels = read_images(images, (model.input_size, model.input_size), most)
    if len(pixels) < _MIN_IMAGES:
        raise BadInput(
            f"What is usual takes {_MIN_IMAGES} images at least; {len(pixels)} came.", code="images"
        )
    return ActivationPrior(tuple(_measured(model, names, pixels)))


def _activations_of(model: Model) -> list[str]:
    return [layer.name for layer in model.layers if layer.kind in ("ReLU", "GELU")]


def _measured(model: Model, names: Sequence[str], images: Tensor) -> list[tuple[str | None, LayerStatistics]]:
    recorder, normal = ActivationRecorder(model, _LayerReader(frozenset(names))), input_normalization(model)
    by_layer: dict[str | None, list[Tensor]] = {name: [] for name in (None, *names)}
    for part in torch.split(images[:, : normal.channels].to(model.device), _BATCH_SIZE):
        with torch.no_grad():
            forward_pass = recorder.run(normal(part), part)
        for name, rows in by_layer.items():
            rows.append(_describe(_activations(forward_pass, name)))
    return [(name, _moments(torch.cat(rows))) for name, rows in by_layer.items()]


def _activations(forward_pass: ForwardPass, layer: str | None) -> Tensor:
    return forward_pass.images if layer is None else forward_pass.maps(layer)


def _describe(activations: Tensor) -> Tensor:
    """Every channel's mean and standard deviation over positions, (N, 2 C)."""
    flat = activations.float().flatten(2)
    return torch.cat([flat.mean(2), (flat.var(2, correction=0) + _EPSILON).sqrt()], 1)


def _moments(descriptors: Tensor) -> LayerStatistics:
    """Mean and whitening of descriptors (n, 2 C); the diagonal is raised by 5% (shrinkage), so that no direction
    of almost no variance dominates."""
    covariance = torch.cov(descriptors.T.double())
    raised = covariance + torch.diag(_SHRINKAGE * covariance.diag() + _TINY)
    values, vectors = torch.linalg.eigh(raised)
    return LayerStatistics(descriptors.mean(0), (vectors / values.sqrt()).float())


@dataclass(frozen=True)
class _LayerReader(Objective):
    """Reads layers, so that they are recorded, and has the value 0."""

    names: frozenset[str]

    @property
    def layers(self) -> frozenset[str | None]:
        """Those named."""
        return frozenset(self.names)

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """0 for each image, (N,)."""
        return forward_pass.images.new_zeros(len(forward_pass.images))
