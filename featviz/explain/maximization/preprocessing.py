"""From colours to what a network takes: its own normalisation, its number of channels, sizes it accepts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from featviz.errors import BadInput
from featviz.models.model import Model

__all__ = ["Normalisation", "normalisation", "seen_size"]

_LEAST, _MOST = 8, 2048


@dataclass(frozen=True, eq=False)
class Normalisation:
    """What a model's preprocessing does to colours: (value - mean) / deviation.

    Attributes:
        mean: (C, 1, 1), of colours in [0, 1].
        deviation: (C, 1, 1).
    """

    mean: Tensor
    deviation: Tensor

    @property
    def channels(self) -> int:
        """How many colours the network takes: 3, or 1."""
        return len(self.mean)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Colours (N, C, H, W) in [0, 1] -> a normalised batch."""
        black, span = self._line
        return (pictures * span.to(pictures)).add_(black.to(pictures))

    @cached_property
    def _line(self) -> tuple[Tensor, Tensor]:
        """What becomes of black, and how far it is from there to white: multiplying is quicker than dividing."""
        return -self.mean / self.deviation, 1 / self.deviation


def normalisation(model: Model) -> Normalisation:
    """Read a model's normalisation off what its own preprocessing makes of black and of white.

    Raises:
        BadInput: a network for something other than colour or grey pictures.
    """
    if model.input_channels not in (1, 3):
        raise BadInput(
            f"{model.name} takes {model.input_channels} channels; pictures have 3, or 1 where they are grey.",
            code="channels",
        )
    return model.remember("maximization.normalisation", lambda: _read_off(model))


def _read_off(model: Model) -> Normalisation:
    side = (model.input_size, model.input_size)
    black, white = (model.transform(Image.new("RGB", side, colour)) for colour in ("black", "white"))
    low, span = black.float().mean((1, 2)), (white - black).float().mean((1, 2))
    if len(low) != model.input_channels or not bool((span > 0).all()) or not bool(torch.isfinite(span).all()):
        ones = torch.ones(model.input_channels, 1, 1)
        return Normalisation(0 * ones, ones)
    return Normalisation((-low / span)[:, None, None], (1 / span)[:, None, None])


def seen_size(model: Model, size: int | tuple[int, int] | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """How large to paint, and how large to show it to the network: as painted, where the network takes that.

    A network of one fixed size is shown the picture at its own size.

    Raises:
        BadInput: no size, or one that is far too small or large.
    """
    painted = _checked(model.input_size if size is None else size)
    own = (model.input_size, model.input_size)
    if painted == own:
        return painted, own
    try:
        model.remember(("maximization.takes", painted), lambda: _show(model, painted))
    except (
        Exception
    ):  # whatever a network says of a size it cannot take; for want of memory, too: not remembered
        return painted, own
    return painted, painted


def _show(model: Model, size: tuple[int, int]) -> None:
    with model.lease_replica() as replica, torch.no_grad():
        replica(torch.zeros(1, model.input_channels, *size, device=model.device))


def _checked(size: object) -> tuple[int, int]:
    both = size if isinstance(size, tuple) else (size, size)
    if len(both) != 2 or not all(type(side) is int and _LEAST <= side <= _MOST for side in both):
        raise BadInput(f"A picture is {_LEAST} to {_MOST} pixels high and wide; {size!r} came.", code="size")
    return both
