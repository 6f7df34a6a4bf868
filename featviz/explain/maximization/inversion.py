"""Feature inversion: an image with the same activations as another one, which shows what a layer keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from featviz.deprecation import renamed_argument
from featviz.errors import BadInput
from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.initial_images import Start, initial_images
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.preprocessing import input_normalization, resolve_size
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.explain.maximization.regularizers import TotalVariation
from featviz.explain.targets.units import ForwardPass, Objective
from featviz.models.model import Model

__all__ = ["ActivationMatch", "invert"]


@dataclass(frozen=True, eq=False)
class ActivationMatch(Objective):
    """How well a layer's output matches given activations: -||a - a0||^2 / ||a0||^2 for each image.

    Attributes:
        layer: its name.
        activations: a0, the output to reach, (1, ...).
    """

    layer: str
    activations: Tensor = field(repr=False)

    @property
    def layers(self) -> frozenset[str | None]:
        """Its layer."""
        return frozenset([self.layer])

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """0 where the outputs are equal, -1 where the layer's output is 0, (N,)."""
        activations = self.activations.to(forward_pass.output(self.layer))
        distance = (forward_pass.output(self.layer) - activations).square().flatten(1).sum(1)
        return -distance / activations.square().sum().clamp(min=1e-12)


@renamed_argument("image", "parameterization", kind=str)
@renamed_argument("picture", "image")
@renamed_argument("robustness", "transforms")
def invert(
    model: Model,
    image: Start,
    layer: str,
    *,
    size: int | tuple[int, int] | None = None,
    smoothness: float = 0.05,
    transforms: str = "plain",
    **options: Any,
) -> Iterator[Frame]:
    """Make an image that gives the same activations at a layer (Mahendran and Vedaldi 2015, arXiv:1412.0035).

    What comes back is what the layer keeps; what differs is what it lost. A frame's score is less the relative
    squared difference of the activations, less the price of roughness.

    Args:
        model: the network.
        image: a PIL image or an array (H, W, 3) in [0, 1].
        layer: its name.
        size: of the image, as for `maximize`.
        smoothness: the price of total variation, 0 to 10.
        transforms: as for `maximize`; by default none, as a layer keeps positions too.
        options: those of `maximize`.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: as `maximize`, or a smoothness out of range.
    """
    if type(smoothness) not in (int, float) or not 0 <= smoothness <= 10:
        raise BadInput(f"smoothness is a number from 0 to 10; {smoothness!r} came.", code="option")
    objective = (
        ActivationMatch(layer, _activations(model, image, layer, size)) - smoothness * TotalVariation()
    )
    return maximize(model, objective, size=size, transforms=transforms, **options)


def _activations(model: Model, image: Start, layer: str, size: int | tuple[int, int] | None) -> Tensor:
    """The layer's output for the image, (1, ...)."""
    normal = input_normalization(model)
    _painted, shown = resolve_size(model, size)
    images = initial_images(image, 1, normal.channels, shown).to(model.device)
    recorder = ActivationRecorder(model, ActivationMatch(layer, torch.zeros(1)))
    with torch.no_grad():
        return recorder.run(normal(images), images).output(layer).clone()
