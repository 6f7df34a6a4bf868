"""A network's preprocessing, inferred: its normalization, whether it sees colors, the sizes it accepts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from featviz.errors import BadInput
from featviz.models.model import Model

__all__ = ["InputNormalization", "color_channels", "input_normalization", "resolve_size"]

_MIN_SIDE, _MAX_SIDE = 8, 2048
_RANK_ONE, _GRAY_SHARE = 1e-4, 0.1
_BLACK, _WHITE, _PRIMARIES = (0, 0, 0), (255, 255, 255), ((255, 0, 0), (0, 255, 0), (0, 0, 255))
_HALVES = ((70, 100, 120), (190, 150, 160))
_MIXED, _INACCURACY = 1e-4, 0.02
_INEXACT = (
    "The preprocessing of this network is no fixed change of colors: it may look at the image as a whole. Scores "
    "leave that out, and may differ from those of the image as it is shown."
)


@dataclass(frozen=True, eq=False)
class InputNormalization:
    """What a model's preprocessing does to colors: (value - mean) / deviation, or a matrix where it mixes them.

    Attributes:
        mean: (C, 1, 1), of colors in [0, 1]; the color that becomes 0.
        deviation: (C, 1, 1).
        matrix: (C, C) of colors less `mean`, where channels are swapped or joined; else None.
        exact: whether it does no more than that, the same at each position of each image.
    """

    mean: Tensor
    deviation: Tensor
    matrix: Tensor | None = None
    exact: bool = True

    @property
    def channels(self) -> int:
        """How many color channels the network takes: 3, or 1."""
        return len(self.mean)

    @property
    def shows_gray(self) -> bool:
        """Whether of all colors the network is shown one sum alone."""
        return self.matrix is not None and int(torch.linalg.matrix_rank(self.matrix, rtol=_RANK_ONE)) == 1

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of scores should know."""
        return () if self.exact else (_INEXACT,)

    def __call__(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [0, 1] -> a normalised batch of the same shape."""
        if self.matrix is not None:
            centered = images - self.mean.to(images)
            return torch.einsum("ij,njhw->nihw", self.matrix.to(images), centered)
        black, span = self._line
        return (images * span.to(images)).add_(black.to(images))

    def to_images(self, x: Tensor) -> Tensor:
        """A normalised batch -> its images, limited to [0, 1]; of joined channels the least colorful ones."""
        if self.matrix is None:
            return (x * self.deviation.to(x) + self.mean.to(x)).clamp(0, 1)
        back = torch.linalg.pinv(self.matrix.double()).to(x)
        return (torch.einsum("ij,njhw->nihw", back, x) + self.mean.to(x)).clamp(0, 1)

    @cached_property
    def _line(self) -> tuple[Tensor, Tensor]:
        """The normalised value of black, and the span from black to white: multiplying is faster than dividing."""
        return -self.mean / self.deviation, 1 / self.deviation


def input_normalization(model: Model) -> InputNormalization:
    """Infer a model's normalization from its own preprocessing of images of one color and of two.

    Where that is no affine map of colors, the nearest that is known is returned, which is not `exact`.

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
    normalization = input_normalization(model)
    if normalization.channels == 1 or normalization.shows_gray:
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
    black, *primaries, white = _of_colors(model, _BLACK, *_PRIMARIES, _WHITE)
    span, channels = white - black, model.input_channels
    matrix = torch.stack([each - black for each in primaries], 1)
    if len(black) != channels or not bool(torch.isfinite(torch.cat([span, matrix.flatten()])).all()):
        return _identity(channels)
    is_plain = channels == 1 or bool(
        (matrix - matrix.diag().diag()).abs().max() <= _MIXED * matrix.abs().max()
    )
    if is_plain and bool((span > 0).all()):
        normalization = InputNormalization((-black / span)[:, None, None], (1 / span)[:, None, None])
    elif channels == 3 and bool(matrix.any()):
        mean = -torch.linalg.pinv(matrix.double()) @ black.double()
        normalization = InputNormalization(mean.float()[:, None, None], torch.ones(3, 1, 1), matrix)
    else:
        return _identity(channels)
    return replace(normalization, exact=_is_exact(model, normalization))


def _identity(channels: int) -> InputNormalization:
    ones = torch.ones(channels, 1, 1)
    return InputNormalization(0 * ones, ones, exact=False)


def _of_colors(model: Model, *colors: tuple[int, int, int]) -> list[Tensor]:
    """(C,) what images of one color become."""
    side = (model.input_size, model.input_size)
    batch = model.preprocess([Image.new("RGB", side, color) for color in colors]).float().cpu()
    return list(batch.mean((2, 3)))


def _is_exact(model: Model, normalization: InputNormalization) -> bool:
    """Whether both halves of an image become what an image of their color alone does."""
    side = model.input_size
    image = Image.new("RGB", (side, side), _HALVES[0])
    image.paste(_HALVES[1], (side // 2, 0, side, side))
    x = model.preprocess(image).float().cpu()[0]
    colors = torch.tensor(_HALVES).float().T[None, :, None] / 255
    expected = normalization(
        colors[:, : normalization.channels] if model.input_channels == 3 else _gray(colors)
    )
    rows, columns = x.shape[1] // 2, (x.shape[2] // 8, x.shape[2] - 1 - x.shape[2] // 8)
    difference = x[:, rows, list(columns)] - expected[0, :, 0]
    reach = (
        (
            normalization(torch.ones(1, normalization.channels, 1, 1))
            - normalization(torch.zeros(1, normalization.channels, 1, 1))
        )
        .abs()
        .max()
    )
    return bool(difference.abs().max() <= _INACCURACY * reach)


def _gray(colors: Tensor) -> Tensor:
    """Luma of colors (N, 3, H, W), as Pillow has it (ITU-R 601)."""
    return (colors * torch.tensor([0.299, 0.587, 0.114])[None, :, None, None]).sum(1, keepdim=True)


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
