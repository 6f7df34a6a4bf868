"""Pictures whose pixels are deleted or inserted in the order of a map."""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.attribution.baselines import baseline_pictures
from featviz.explain.evaluation.check import Explanation
from featviz.explain.targets.score import private

__all__ = ["DEFAULT_GROUND", "Ground", "Kind", "area_under", "ground_of", "mixed", "picture_at", "ranks"]

Kind = Literal["deletion", "insertion"]
Ground = Literal["median", "mean", "black", "blur"]
DEFAULT_GROUND: dict[Kind, Ground] = {"deletion": "median", "insertion": "blur"}


def picture_at(
    explanation: Explanation, kind: Kind, fraction: float, *, baseline: Ground | None = None, seed: int = 0
) -> Tensor:
    """The picture (1, C, H, W) at a point of the map's own curve.

    Args:
        explanation: the map and its picture.
        kind: which curve.
        fraction: the part of the pixels that is deleted or inserted, 0 to 1.
        baseline: as the curve's; None takes the default of its kind.
        seed: as the curve's.

    Raises:
        BadInput: a fraction that is none.
    """
    if not 0 <= fraction <= 1:
        raise BadInput(f"A fraction is from 0 to 1; {fraction!r} came.", code="option")
    ground = ground_of(explanation, baseline or DEFAULT_GROUND[kind])
    return mixed(explanation.picture, ground, ranks(explanation.attribution.map, seed)[None], fraction, kind)


def ranks(values: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The place of each pixel (H, W) in the order of falling values, from 0; equal ones in random order."""
    flat, generator = values.ravel(), np.random.default_rng(seed)
    mixed = generator.permutation(flat.size)
    order = mixed[np.argsort(-flat[mixed], kind="stable")]
    places = np.empty(flat.size, np.int64)
    places[order] = np.arange(flat.size)
    return places.reshape(values.shape)


def area_under(values: NDArray[Any]) -> float:
    """The area under values (n,) at even distances over [0, 1], by the trapezoidal rule."""
    return float((values.sum(dtype=np.float64) - values[0] / 2 - values[-1] / 2) / (len(values) - 1))


def ground_of(explanation: Explanation, baseline: Ground) -> Tensor:
    """The picture (1, C, H, W) that shows where pixels are deleted, or not yet inserted."""
    return baseline_pictures(explanation.model, explanation.picture, baseline, generator=private(0))


def mixed(x: Tensor, ground: Tensor, places: NDArray[np.int64], fraction: float, kind: Kind) -> Tensor:
    """Pictures (N, C, H, W) after a fraction of the pixels, taken by their places (N, H, W), has changed."""
    taken = torch.from_numpy(places < round(fraction * places[0].size)).to(x.device)[:, None]
    return torch.where(taken, ground, x) if kind == "deletion" else torch.where(taken, x, ground)
