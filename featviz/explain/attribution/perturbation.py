"""Methods that hide parts of the image and watch the target."""

from collections.abc import Iterator
from math import ceil
from typing import Annotated, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.explain.attribution.baselines import Baseline, baseline_images
from featviz.explain.attribution.registry import METHODS, Partial, Seed
from featviz.explain.targets.score import TargetScore, batch_size_for, batches, seeded_generator
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Level, Preset, Range


class Window(NamedTuple):
    """A rectangle of the image: rows and columns."""

    rows: slice
    columns: slice


def _occlusion_passes(
    _model: Model, x: Tensor, _target: Target, *, window: int, stride: int, **_: object
) -> int:
    """A pass a window, and one for the whole image."""
    return 1 + len(_windows(x, window, stride))


@METHODS.register(
    "Occlusion",
    reference="Zeiler & Fergus 2014, arXiv:1311.2901",
    passes=_occlusion_passes,
    presets={
        "quick": Preset({"stride": 16}),
        "paper": Preset(
            {"baseline": "mean"},
            "Zeiler and Fergus 2014: a grey square; here it has the image's mean colour.",
        ),
        "careful": Preset({"stride": 4}),
    },
    lesson="attribution/occlusion.md",
)
def occlusion(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    window: Annotated[int, Range(1, 512), Level("more")] = 16,
    stride: Annotated[int, Range(1, 512), Level("more")] = 8,
    baseline: Baseline = "median",
    seed: Seed = 0,
) -> Iterator[Partial]:
    """What the target loses when a window is covered; each pixel's mean over the windows that cover it.

    Args:
        window: side of the square window in pixels.
        stride: from one window to the next, in pixels; at most the window's side, or pixels go unseen.
        baseline: what shows in the window.
        seed: of the baseline, where it is drawn.
    """
    windows = _windows(x, window, stride)
    score, cover = (
        TargetScore(model, target),
        baseline_images(model, x, baseline, generator=seeded_generator(seed)),
    )
    whole, lost, counts = score(x), torch.zeros_like(x[0, :1]), torch.zeros_like(x[0, :1])
    for start, size in batches(len(windows), batch_size_for(x)):
        part = windows[start : start + size]
        covered = x.repeat(size, 1, 1, 1)
        for image, region in zip(covered, part, strict=True):
            image[:, *region] = cover[0][:, *region]
        for region, drop in zip(part, whole - score(covered), strict=True):
            lost[:, *region] += drop
            counts[:, *region] += 1
        yield Partial(start + size, len(windows), lost / counts.clamp(min=1))


@METHODS.register(
    "RISE",
    reference="Petsiuk et al. 2018, arXiv:1806.07421",
    passes=lambda *_, masks, **__: masks,
    presets={
        "quick": Preset({"masks": 200}),
        "paper": Preset(
            {"masks": 4000, "cells": 7, "shown": 0.5},
            "Petsiuk et al. 2018: 7 × 7 cells, half of them shown, 4000 masks for VGG16.",
        ),
        "careful": Preset({"masks": 4000}),
    },
    lesson="attribution/rise.md",
)
def rise(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    masks: Annotated[int, Range(2, 8000), Level("more")] = 1000,
    cells: Annotated[int, Range(2, 32), Level("all")] = 7,
    shown: Annotated[float, Range(0.05, 0.95), Level("all")] = 0.5,
    seed: Seed = 0,
) -> Iterator[Partial]:
    """The mean of random masks weighted by the target's value, less its mean: zero where showing is no matter.

    The paper weighs by the class's probability and keeps the mean; here it is the target's own value, so that
    any target will do, and positions that speak against it are negative.

    Args:
        masks: how many.
        cells: in a row of the coarse grid that a mask is enlarged from.
        shown: the part of the cells that shows the image; the rest is zero in normalised values.
        seed: of the masks.
    """
    score, generator = TargetScore(model, target), seeded_generator(seed)
    weighted, plain = torch.zeros_like(x[0, :1]), torch.zeros_like(x[0, :1])
    value = x.new_zeros(())
    for start, size in batches(masks, batch_size_for(x)):
        drawn = _masks(x, size, cells, shown, generator)
        values, done = score(drawn * x), start + size
        weighted = weighted + torch.einsum("n,nchw->chw", values, drawn)
        plain, value = plain + drawn.sum(0), value + values.sum()
        yield Partial(done, masks, (weighted - value / done * plain) / (done * shown))


def _windows(x: Tensor, side: int, stride: int) -> list[Window]:
    """All windows, row after row; the last of a row may reach over the edge and is cut there."""
    height, width = x.shape[-2:]
    if side > min(height, width):
        raise BadInput(
            f"The window is {side} pixels wide and the image {height} × {width}: take a smaller one.",
            code="option",
        )
    if stride > side:
        raise BadInput(
            f"With a stride of {stride} and a window of {side} pixels, some are never covered: "
            f"take a stride of at most {side}.",
            code="option",
        )
    rows, columns = (
        [slice(at * stride, at * stride + side) for at in range(ceil((length - side) / stride) + 1)]
        for length in (height, width)
    )
    return [Window(row, column) for row in rows for column in columns]


def _masks(x: Tensor, count: int, cells: int, shown: float, generator: torch.Generator) -> Tensor:
    """Masks (N, 1, H, W): a coarse random grid, enlarged smoothly and shifted by less than a cell."""
    height, width = x.shape[-2:]
    tall, wide = ceil(height / cells), ceil(width / cells)
    grids = torch.rand((count, 1, cells, cells), generator=generator, dtype=x.dtype) < shown
    size = ((cells + 1) * tall, (cells + 1) * wide)
    large = F.interpolate(grids.to(x.dtype), size=size, mode="bilinear", align_corners=False)
    downs = torch.randint(tall, (count,), generator=generator).tolist()
    rights = torch.randint(wide, (count,), generator=generator).tolist()
    cut = [
        mask[:, down : down + height, right : right + width]
        for mask, down, right in zip(large, downs, rights, strict=True)
    ]
    return torch.stack(cut).to(x.device)
