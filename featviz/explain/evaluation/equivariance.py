"""Equivariance under translation: does the map follow the image when that is shifted?"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.evaluation.check import CHECKS, Explanation
from featviz.explain.evaluation.pass_counter import PassCounter
from featviz.explain.evaluation.rank_correlation import pearson
from featviz.explain.evaluation.results import Finding, Floats, Level, Shift
from featviz.progress import Progress
from featviz.registry import Range

__all__ = ["shift", "shifted"]

_GOOD, _DOUBTFUL = 0.8, 0.5


@CHECKS.register(
    "Shift equivariance",
    reference="equivariance; compare Kindermans et al. 2017, arXiv:1711.00867",
    passes=lambda explanation, **_: 2 * max(1, explanation.passes()),
    lesson="attribution/checks/shift.md",
)
def shift(
    explanation: Explanation, *, pixels: Annotated[int, Range(1, 64)] = 4
) -> Iterator[Progress[Finding]]:
    """The map of the shifted image, shifted back, beside the map: once down and right, once up and left.

    Args:
        pixels: how far, in rows and in columns; what comes in repeats the image's edge.

    Raises:
        BadInput: the image is too small for that.
    """
    x, attribution = explanation.image, explanation.attribution
    if 4 * pixels > min(x.shape[-2:]):
        raise BadInput(
            f"A shift of {pixels} pixels is more than a quarter of this image: take a smaller one.",
            code="option",
        )
    progress, moved = PassCounter(2 * max(1, explanation.passes())), dict[int, Floats]()
    for by in (pixels, -pixels):
        moved[by] = (yield from progress.recompute(explanation, x=shifted(x, by))).map
        progress.finding = _finding(attribution.map, moved)
        yield progress.part()


def shifted(x: Tensor, by: int) -> Tensor:
    """Images (..., H, W) moved down and right by so many pixels, or up and left; their edges are repeated."""
    rows, columns = (
        (torch.arange(length, device=x.device) - by).clamp(0, length - 1) for length in x.shape[-2:]
    )
    return x[..., rows[:, None], columns]


def _common(original: Floats, other: Floats, by: int) -> tuple[Floats, Floats]:
    """What both maps show, the second one being of the shifted image: views of one shape."""
    in_original, in_other = slice(max(0, -by), min(0, -by) or None), slice(max(0, by), min(0, by) or None)
    return original[in_original, in_original], other[in_other, in_other]


def _finding(original: Floats, moved: dict[int, Floats]) -> Shift:
    correlations = {by: pearson(*_common(original, other, by)) for by, other in moved.items()}
    still = max(pearson(*_common(original, original, by)) for by in moved)
    worst = min(correlations, key=lambda by: correlations[by])
    correlation, realigned = correlations[worst], np.zeros_like(original)
    into, overlap = _common(realigned, moved[worst], worst)
    into[:] = overlap
    level: Level = "good" if correlation >= _GOOD else "doubtful" if correlation >= _DOUBTFUL else "bad"
    sentence = (
        f"The map of the image shifted by {abs(worst)} pixels correlates {correlation:.2f} with the map "
        f"(1 if it follows, {still:.2f} if it stayed in its place, 0 if unrelated)."
    )
    return Shift(
        level if len(moved) == 2 else "unknown",
        f"correlation {correlation:.2f}",
        sentence,
        correlation=correlation,
        shifts=tuple((by, by) for by in moved),
        correlations=np.array(list(correlations.values()), np.float32),
        still=still,
        realigned=realigned,
    )
