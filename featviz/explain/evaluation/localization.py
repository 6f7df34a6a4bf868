"""Where the truth is known: does the map lie on it?"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.explain.evaluation.check import CHECKS, Explanation
from featviz.explain.evaluation.results import Finding, Floats, Level, Localization, unknown
from featviz.models.model import Model
from featviz.progress import Progress

__all__ = ["highest", "localization", "mask_for_network", "share_on_mask"]

_TWICE = 2
Mask: TypeAlias = np.ndarray
"""(H0, W0) of truth values."""


@CHECKS.register(
    "Localization",
    reference="Zhang et al. 2016 (pointing game), arXiv:1608.00507",
    passes=lambda *_, **__: 0,
    lesson="attribution/checks/localization.md",
)
def localization(explanation: Explanation, *, mask: Mask | None = None) -> Iterator[Progress[Finding]]:
    """How much of what speaks for the target lies on the mask, and whether the highest point does.

    Args:
        mask: (H0, W0), true where the thing is, of the image as it was before the network's preprocessing.

    Raises:
        BadInput: the mask has another shape.
    """
    if mask is None:
        yield Progress(1, 1, result=unknown("Where the thing is in this image is not known."))
        return
    attribution_map = explanation.attribution.map
    cropped = mask_for_network(explanation.model, mask, (attribution_map.shape[0], attribution_map.shape[1]))
    if cropped.all() or not cropped.any():
        yield Progress(
            1, 1, result=unknown("The mask covers all or nothing of the image: any map would fit.")
        )
    elif attribution_map.max() <= 0:
        yield Progress(1, 1, result=unknown("Nothing in the map speaks for the target."))
    else:
        yield Progress(1, 1, result=_finding(attribution_map, cropped))


def mask_for_network(model: Model, mask: NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask (H0, W0) after the network's own cropping and scaling, at a map's size (H, W).

    Raises:
        BadInput: it is not one truth value a pixel.
    """
    if mask.ndim != 2 or 0 in mask.shape:
        raise BadInput(f"A mask has rows and columns; an array of shape {mask.shape} came.", code="option")
    image, black, white = (
        model.transform(Image.fromarray(np.uint8(255) * values.astype(np.uint8)).convert("RGB")).mean(0)
        for values in (mask.astype(bool), np.zeros_like(mask, bool), np.ones_like(mask, bool))
    )
    inside = ((image - black) / (white - black)) > 0.5
    large: NDArray[np.float32] = F.interpolate(inside[None, None].float(), size=size, mode="nearest")[
        0, 0
    ].numpy()
    return large > 0


def share_on_mask(values: Floats, mask: NDArray[np.bool_]) -> float:
    """The part of the positive values (H, W) that lies on the mask (H, W), 0 to 1; 0 where there are none."""
    positive = np.clip(values.astype(np.float64), 0, None)
    total = float(positive.sum())
    return float(positive[mask].sum()) / total if total else 0.0


def highest(values: Floats) -> tuple[int, int]:
    """Row and column of the highest point of a map (H, W); of several, the first."""
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return int(row), int(column)


def _finding(attribution_map: Floats, mask: NDArray[np.bool_]) -> Localization:
    share, chance, point = share_on_mask(attribution_map, mask), float(mask.mean()), highest(attribution_map)
    hit = bool(mask[point])
    level: Level = "bad" if share <= chance else "good" if hit and share >= _TWICE * chance else "doubtful"
    return Localization(
        level,
        f"{share:.0%} on the shape",
        f"{share:.0%} of what speaks for the target lies on the shape, which covers {chance:.0%} of the image; "
        f"the highest point lies {'on' if hit else 'beside'} it.",
        share=share,
        chance=chance,
        hit=hit,
        point=point,
    )
