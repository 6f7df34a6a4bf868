"""Baseline images: what an image is compared with."""

from typing import Annotated, Literal, TypeAlias

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.registry import Level

__all__ = ["Baseline", "baseline_count", "baseline_images"]

Baseline: TypeAlias = Annotated[
    Literal["median", "mean", "black", "blur", "noise", "colors"] | Tensor, Level("more")
]
"""The image's `median` colour, channel by channel, which is often its background's; its `mean` colour; `black`
pixels; the image under a strong `blur`; uniform `noise` between its least and greatest value; plain images in
`colours` of pixels drawn from it; or a normalised tensor of one's own."""

_DRAWN = ("noise", "colors")


def baseline_images(
    model: Model, x: Tensor, baseline: Baseline, *, generator: torch.Generator, count: int = 1
) -> Tensor:
    """The baselines for an image (1, C, H, W), (K, C, H, W): one, or `count` drawn ones, or all of a custom tensor.

    Args:
        model: the network, which knows what black is.
        x: the image.
        baseline: which.
        generator: what noise and colours are drawn from.
        count: how many of them.

    Raises:
        BadInput: a tensor of one's own that is not finite or does not match the image.
    """
    if isinstance(baseline, Tensor):
        return _custom(x, baseline)
    if baseline == "black":
        return _black(model, x)
    if baseline == "median":
        return x.flatten(2).median(2).values[:, :, None, None].expand_as(x)
    if baseline == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x)
    if baseline == "blur":
        return _blurred(x)
    if baseline == "colors":
        return _plain(x, torch.randint(x[0, 0].numel(), (count,), generator=generator))
    uniform = torch.rand((count, *x.shape[1:]), generator=generator, dtype=x.dtype).to(x.device)
    return x.min() + (x.max() - x.min()) * uniform


def baseline_count(baseline: Baseline, samples: int) -> int:
    """How many images `baseline_images` returns for `count=samples`."""
    if isinstance(baseline, Tensor):
        return len(baseline) if baseline.ndim == 4 else 1
    return samples if baseline in _DRAWN else 1


def _plain(x: Tensor, pixels: Tensor) -> Tensor:
    """An image in the one color of each of these pixels."""
    return x[0].flatten(1)[:, pixels.to(x.device)].T[:, :, None, None].expand(-1, -1, *x.shape[2:])


def _custom(x: Tensor, baseline: Tensor) -> Tensor:
    images = baseline[None] if baseline.ndim == 3 else baseline
    if images.ndim != 4 or images.shape[1:] != x.shape[1:] or len(images) == 0:
        raise BadInput(
            f"A baseline of one's own has the image's shape {tuple(x.shape)}; {tuple(baseline.shape)} came.",
            code="baseline",
        )
    if not bool(torch.isfinite(images).all()):
        raise BadInput("The baseline holds values that are not finite.", code="nan")
    return images.to(x)


def _black(model: Model, x: Tensor) -> Tensor:
    """Black as the model's own preprocessing makes it."""
    color = model.preprocess(Image.new("RGB", (model.input_size, model.input_size)))[0].mean((1, 2))
    if len(color) != x.shape[1]:
        raise BadInput(
            f"{model.name} makes {len(color)} channels of a black image and {x.shape[1]} came: "
            "choose another baseline.",
            code="baseline",
        )
    return color.to(x)[None, :, None, None].expand_as(x)


def _blurred(x: Tensor) -> Tensor:
    """Gaussian blur with a deviation of a tenth of the shorter side, edges repeated."""
    deviation = max(1.0, min(x.shape[-2:]) / 10)
    reach = int(3 * deviation)
    offsets = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    weights = torch.exp(-((offsets / deviation) ** 2) / 2)
    kernel = (weights / weights.sum()).expand(x.shape[1], 1, -1)
    padded = F.pad(x, (reach, reach, reach, reach), mode="replicate")
    rows = F.conv2d(padded, kernel[:, :, None, :], groups=x.shape[1])
    return F.conv2d(rows, kernel[:, :, :, None], groups=x.shape[1])
