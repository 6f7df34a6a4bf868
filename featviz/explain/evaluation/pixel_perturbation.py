"""Images whose pixels are deleted or inserted in the order of an attribution map."""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.attribution.baselines import baseline_images
from featviz.explain.evaluation.check import Explanation
from featviz.explain.targets.score import seeded_generator

__all__ = [
    "DEFAULT_BASELINE",
    "Baseline",
    "Kind",
    "area_under",
    "baseline_image",
    "image_at",
    "perturb",
    "ranks",
]

Kind = Literal["deletion", "insertion"]
Baseline = Literal["median", "mean", "black", "blur"]
DEFAULT_BASELINE: dict[Kind, Baseline] = {"deletion": "median", "insertion": "blur"}


def image_at(
    explanation: Explanation, kind: Kind, fraction: float, *, baseline: Baseline | None = None, seed: int = 0
) -> Tensor:
    """The image (1, C, H, W) at a point of the map's own curve.

    Args:
        explanation: the map and its image.
        kind: which curve.
        fraction: the part of the pixels that is deleted or inserted, 0 to 1.
        baseline: as the curve's; None takes the default of its kind.
        seed: as the curve's.

    Raises:
        BadInput: a fraction that is none.
    """
    if not 0 <= fraction <= 1:
        raise BadInput(f"A fraction is from 0 to 1; {fraction!r} came.", code="option")
    pixels = baseline_image(explanation, baseline or DEFAULT_BASELINE[kind])
    return perturb(explanation.image, pixels, ranks(explanation.attribution.map, seed)[None], fraction, kind)


def ranks(values: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The rank of each pixel (H, W) in the order of falling values, from 0; equal ones in random order."""
    flat, generator = values.ravel(), np.random.default_rng(seed)
    shuffled = generator.permutation(flat.size)
    order = shuffled[np.argsort(-flat[shuffled], kind="stable")]
    positions = np.empty(flat.size, np.int64)
    positions[order] = np.arange(flat.size)
    return positions.reshape(values.shape)


def area_under(values: NDArray[Any]) -> float:
    """The area under values (n,) at even distances over [0, 1], by the trapezoidal rule."""
    return float((values.sum(dtype=np.float64) - values[0] / 2 - values[-1] / 2) / (len(values) - 1))


def baseline_image(explanation: Explanation, baseline: Baseline) -> Tensor:
    """The image (1, C, H, W) that shows where pixels are deleted, or not yet inserted."""
    return baseline_images(explanation.model, explanation.image, baseline, generator=seeded_generator(0))


def perturb(x: Tensor, baseline: Tensor, positions: NDArray[np.int64], fraction: float, kind: Kind) -> Tensor:
    """Images (N, C, H, W) after a fraction of the pixels, taken by their ranks (N, H, W), has changed."""
    taken = torch.from_numpy(positions < round(fraction * positions[0].size)).to(x.device)[:, None]
    return torch.where(taken, baseline, x) if kind == "deletion" else torch.where(taken, x, baseline)
