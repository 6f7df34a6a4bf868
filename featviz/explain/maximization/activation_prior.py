"""How typical of real pictures a picture is, by what a network makes of it on the way to its answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import Tensor

from featviz.data.sets.image_set import Sample
from featviz.errors import BadInput
from featviz.explain.maximization.image_statistics import read_pictures
from featviz.explain.maximization.preprocessing import normalisation
from featviz.explain.maximization.recorded_pass import Eye
from featviz.explain.targets.units import Objective, Sight
from featviz.models.model import Model

__all__ = ["Typical", "typical"]

_AT_ONCE = 32
_LEAST = 64
_STEADY, _TINY = 0.05, 1e-6
_FAINTEST = 1e-4


@dataclass(frozen=True, eq=False)
class Moments:
    """What is usual of a layer.

    Attributes:
        mean: (2 C,) of every channel's mean and standard deviation over positions.
        whitening: (2 C, 2 C): takes differences from it to numbers of variance 1 that vary independently.
    """

    mean: Tensor
    whitening: Tensor

    def unusual(self, activations: Tensor) -> Tensor:
        """The mean squared distance in such numbers for activations (N, C, ...): below 1 for usual ones, (N,)."""
        apart = _described(activations) - self.mean.to(activations.device)
        return (apart @ self.whitening.to(apart)).square().mean(1)


@dataclass(frozen=True, eq=False)
class Typical(Objective):
    """How typical a picture is: less its mean squared Mahalanobis distance from real ones, over layers and colours.

    A class's logit rises with many patterns that no real picture holds, and other networks do not know. Added to it,
    this keeps to pictures whose channels fire as much, as unevenly and as much together as real ones' do. It knows
    nothing of classes.

    Args:
        moments: what is usual, by layer; None stands for the colours themselves.
    """

    moments: tuple[tuple[str | None, Moments], ...] = field(repr=False)

    @property
    def layers(self) -> frozenset[str | None]:
        """All it looks at."""
        return frozenset(layer for layer, _ in self.moments if layer is not None)

    def value(self, sight: Sight) -> Tensor:
        """0 to about -1 for real pictures, less for others, (N,)."""
        apart = [usual.unusual(_activations(sight, layer)) for layer, usual in self.moments]
        return -torch.stack(apart).mean(0)


def typical(
    model: Model,
    images: Iterable[Sample | Image.Image],
    layers: Sequence[str] | None = None,
    *,
    most: int = 800,
) -> Typical:
    """Measure what is usual of a network's layers on real pictures.

    The squared distance of means and deviations from those of real pictures follows DeepInversion (Yin et al. 2020,
    arXiv:1912.08795), here picture by picture and with covariances, so that it needs no batch normalisation.

    Args:
        model: the network.
        images: a set, or pictures; labels are not read.
        layers: their names; None takes every ReLU or GELU.
        most: how many pictures are measured.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: fewer than 64 pictures, or no layer to look at.
    """
    names = tuple(layers if layers is not None else _activations_of(model))
    if not names:
        raise BadInput(f"{model.name} has no ReLU or GELU: name the layers to look at.", code="layer")
    colours = read_pictures(images, (model.input_size, model.input_size), most)
    if len(colours) < _LEAST:
        raise BadInput(f"What is usual takes {_LEAST} pictures at least; {len(colours)} came.", code="images")
    return Typical(tuple(_measured(model, names, colours)))


def _activations_of(model: Model) -> list[str]:
    return [layer.name for layer in model.layers if layer.kind in ("ReLU", "GELU")]


def _measured(model: Model, names: Sequence[str], colours: Tensor) -> list[tuple[str | None, Moments]]:
    eye, normal = Eye(model, _Reading(frozenset(names))), normalisation(model)
    found: dict[str | None, list[Tensor]] = {name: [] for name in (None, *names)}
    for part in torch.split(colours[:, : normal.channels].to(model.device), _AT_ONCE):
        with torch.no_grad():
            sight = eye.look(normal(part), part)
        for name, rows in found.items():
            rows.append(_described(_activations(sight, name)))
    return [(name, _moments(torch.cat(rows))) for name, rows in found.items()]


def _activations(sight: Sight, layer: str | None) -> Tensor:
    return sight.pictures if layer is None else sight.maps(layer)


def _described(activations: Tensor) -> Tensor:
    """Every channel's mean and standard deviation over positions, (N, 2 C)."""
    flat = activations.float().flatten(2)
    return torch.cat([flat.mean(2), (flat.var(2, correction=0) + _FAINTEST).sqrt()], 1)


def _moments(described: Tensor) -> Moments:
    """Variances are raised by a twentieth, so that what never varies does not count without bound."""
    covariance = torch.cov(described.T.double())
    raised = covariance + torch.diag(_STEADY * covariance.diag() + _TINY)
    values, vectors = torch.linalg.eigh(raised)
    return Moments(described.mean(0), (vectors / values.sqrt()).float())


@dataclass(frozen=True)
class _Reading(Objective):
    """Asks for layers, and for nothing of them."""

    names: frozenset[str]

    @property
    def layers(self) -> frozenset[str | None]:
        """Those named."""
        return frozenset(self.names)

    def value(self, sight: Sight) -> Tensor:
        """0 for each picture."""
        return sight.pictures.new_zeros(len(sight.pictures))
