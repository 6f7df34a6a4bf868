"""Feature inversion: a picture with the same activations as another one, which shows what a layer keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.initial_images import Start, start_pictures
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.preprocessing import normalisation, seen_size
from featviz.explain.maximization.recorded_pass import Eye
from featviz.explain.maximization.regularizers import TotalVariation
from featviz.explain.targets.units import Objective, Sight
from featviz.models.model import Model

__all__ = ["Likeness", "invert"]


@dataclass(frozen=True, eq=False)
class Likeness(Objective):
    """How like a given one a layer's output is: less the squared difference over the given one's square.

    Attributes:
        layer: its name.
        given: the output to reach, (1, ...).
    """

    layer: str
    given: Tensor = field(repr=False)

    @property
    def layers(self) -> frozenset[str | None]:
        """Its layer."""
        return frozenset([self.layer])

    def value(self, sight: Sight) -> Tensor:
        """0 where the outputs are equal, -1 where they are as far apart as the given one is from nothing, (N,)."""
        given = self.given.to(sight.output(self.layer))
        apart = (sight.output(self.layer) - given).square().flatten(1).sum(1)
        return -apart / given.square().sum().clamp(min=1e-12)


def invert(
    model: Model,
    picture: Start,
    layer: str,
    *,
    size: int | tuple[int, int] | None = None,
    smoothness: float = 0.05,
    robustness: str = "plain",
    **options: Any,
) -> Iterator[Frame]:
    """Make a picture that gives the same activations at a layer (Mahendran and Vedaldi 2015, arXiv:1412.0035).

    What comes back is what the layer keeps; what differs is what it lost. A frame's score is less the relative
    squared difference of the activations, less the price of roughness.

    Args:
        model: the network.
        picture: a PIL image or an array (H, W, 3) in [0, 1].
        layer: its name.
        size: of the picture, as for `maximize`.
        smoothness: the price of total variation, 0 to 10.
        robustness: as for `maximize`; by default none, as a layer keeps places too.
        options: those of `maximize`.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: as `maximize`, or a smoothness out of range.
    """
    if type(smoothness) not in (int, float) or not 0 <= smoothness <= 10:
        raise BadInput(f"smoothness is a number from 0 to 10; {smoothness!r} came.", code="option")
    objective = Likeness(layer, _kept(model, picture, layer, size)) - smoothness * TotalVariation()
    return maximize(model, objective, size=size, robustness=robustness, **options)


def _kept(model: Model, picture: Start, layer: str, size: int | tuple[int, int] | None) -> Tensor:
    """The layer's output for the picture."""
    normal = normalisation(model)
    _painted, shown = seen_size(model, size)
    colours = start_pictures(picture, 1, normal.channels, shown).to(model.device)
    eye = Eye(model, Likeness(layer, torch.zeros(1)))
    with torch.no_grad():
        return eye.look(normal(colours), colours).output(layer).clone()
