"""A network's preprocessing, inferred: its normalization, whether it sees colors, the sizes it accepts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from featviz.errors import BadInput
from featviz.models.model import Model

__all__ = ["InputNormalization", "color_channels", "input_normalization", "resolve_size"]

_MIN_SIDE, _MAX_SIDE = 8, 2048
_RANK_ONE, _GRAY_SHARE = 1e-4, 0.1


@dataclass(frozen=True, eq=False)
class InputNormalization:
    """What a model's preprocessing does to colors: (value - mean) / deviation.

    Attributes:
        mean: (C, 1, 1), of colors in [0, 1].
        deviation: (C, 1, 1).
    """

    mean: Tensor
    deviation: Tensor

    @property
    def channels(self) -> int:
        """How many color channels the network takes: 3, or 1."""
        return len(self.mean)

    def __call__(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [0, 1] -> a normalised batch of the same shape."""
        black, span = self._line
        return (images * span.to(images)).add_(black.to(images))

    @cached_property
    def _line(self) -> tuple[Tensor, Tensor]:
        """The normalised value of black, and the span from black to white: multiplying is faster than dividing."""
        return -self.mean / self.deviation, 1 / self.deviation


def input_normalization(model: Model) -> InputNormalization:
    """Infer a model's normalization from its own preprocessing of a black and a white image.

    Where that is no increasing affine map, the identity is returned.

    Raises:
        BadInput: a network for something other than color or gray images.
    """
    if model.input_channels not in (1, 3):
        raise BadInput(
            f"{model.name} takes {model.input_channels} channels; images have 3, or 1 where they are grey.",
            code="channels",
        )
    return model.remember("maximization.normalization", lambda: _infer(model))


def color_channels(model: Model) -> int:
    """How many color channels an image for a network has: 3, or 1 where it sees gray images alone.

    Such a network reads one and the same weighted sum of the colors at each pixel, so that its gradient points along
    one direction of colors everywhere. In color, an image would show no more than the weights of that sum.
    """
    if input_normalization(model).channels == 1:
        return 1
    return model.remember("maximization.colors", lambda: 1 if _sees_gray(model) else 3)


def _sees_gray(model: Model) -> bool:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, model.input_channels, model.input_size, model.input_size, generator=generator)
    try:
        x = noise.to(model.device).requires_grad_()
        with model.lease_replica() as replica, torch.enable_grad():
            output = replica(x.clone())
        weights = torch.randn(output.shape, generator=generator).to(output)
        (gradient,) = torch.autograd.grad((output * weights).sum(), x)
    except Exception:  # whatever a network says that cannot be driven: the run itself says why
        return False
    directions, strengths, _ = torch.linalg.svd(gradient[0].flatten(1).double(), full_matrices=False)
    alone = bool(strengths[0] > 0) and bool(strengths[1] <= _RANK_ONE * strengths[0])
    return alone and bool(directions[:, 0].sum().abs() > _GRAY_SHARE)


def _infer(model: Model) -> InputNormalization:
    side = (model.input_size, model.input_size)
    black, white = (model.transform(Image.new("RGB", side, color)) for color in ("black", "white"))
    low, span = black.float().mean((1, 2)), (white - black).float().mean((1, 2))
    if len(low) != model.input_channels or not bool((span > 0).all()) or not bool(torch.isfinite(span).all()):
        ones = torch.ones(model.input_channels, 1, 1)
        return InputNormalization(0 * ones, ones)
    return InputNormalization((-low / span)[:, None, None], (1 / span)[:, None, None])


def resolve_size(model: Model, size: int | tuple[int, int] | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """The size (height, width) of the image, and the size at which the network reads it, both in pixels.

    They are the same where the network takes that size; a network of one fixed size reads a resized image.

    Raises:
        BadInput: no size, or one that is far too small or large.
    """
    image_size = _checked(model.input_size if size is None else size)
    network_size = (model.input_size, model.input_size)
    if image_size == network_size:
        return image_size, network_size
    try:
        model.remember(("maximization.takes", image_size), lambda: _show(model, image_size))
    except (
        Exception
    ):  # whatever a network says of a size it cannot take; for want of memory, too: not remembered
        return image_size, network_size
    return image_size, image_size


def _show(model: Model, size: tuple[int, int]) -> None:
    with model.lease_replica() as replica, torch.no_grad():
        replica(torch.zeros(1, model.input_channels, *size, device=model.device))


def _checked(size: object) -> tuple[int, int]:
    both = size if isinstance(size, tuple) else (size, size)
    if len(both) != 2 or not all(type(side) is int and _MIN_SIDE <= side <= _MAX_SIDE for side in both):
        raise BadInput(
            f"An image is {_MIN_SIDE} to {_MAX_SIDE} pixels high and wide; {size!r} came.", code="size"
        )
    return both
