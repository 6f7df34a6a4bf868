"""Regularizers: objectives of the images themselves, and of how those of one batch resemble each other."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from featviz.explain.maximization.affine_sampling import GRAY
from featviz.explain.targets.units import ForwardPass, Objective

__all__ = ["L1", "L2", "Alignment", "Diversity", "TotalVariation"]


@dataclass(frozen=True)
class TotalVariation(Objective):
    """Total variation: the mean absolute difference of neighboring pixels, 0 to 1; subtract it for smoothness."""

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The mean over both directions for each image, (N,)."""
        images = forward_pass.images
        down = images.diff(dim=2).abs().flatten(1).mean(1)
        return (down + images.diff(dim=3).abs().flatten(1).mean(1)) / 2


@dataclass(frozen=True)
class L1(Objective):
    """How far pixels are from grey: the mean absolute difference from 0.5."""

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The mean for each image, (N,)."""
        return (forward_pass.images - GRAY).abs().flatten(1).mean(1)


@dataclass(frozen=True)
class L2(Objective):
    """How far pixels are from grey: the mean squared difference from 0.5."""

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The mean for each image, (N,)."""
        return (forward_pass.images - GRAY).square().flatten(1).mean(1)


class _Comparison(Objective):
    """An objective that compares the images of a batch at a layer."""

    layer: str

    @property
    def layers(self) -> frozenset[str | None]:
        """Its layer."""
        return frozenset([self.layer])

    @property
    def per_image(self) -> bool:
        """No: it compares images."""
        return False


@dataclass(frozen=True)
class Diversity(_Comparison):
    """How unlike the others of its batch an image is: less the mean cosine of the layer's Gram matrices.

    Gram matrices hold which channels fire together, wherever they do (Gatys et al. 2015, arXiv:1508.06576).
    """

    layer: str

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """-1 (all alike) to 1 for each image, (N,); 0 for an image alone."""
        maps = forward_pass.maps(self.layer).flatten(2)
        grams = F.normalize((maps @ maps.transpose(1, 2)).flatten(1), dim=1)
        others = max(len(grams) - 1, 1)
        return -((grams @ grams.T).sum(1) - grams.square().sum(1)) / others


@dataclass(frozen=True)
class Alignment(_Comparison):
    """How like its neighbours in the batch an image is: less the mean squared difference of activations.

    With an `interpolation`, things stay where they are from one image to the next.
    """

    layer: str

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """At most 0, which is alike, for each image, (N,)."""
        flat = forward_pass.output(self.layer).flatten(1)
        steps = F.pad(flat.diff(dim=0).square().mean(1), (1, 1))
        return -(steps[1:] + steps[:-1])
