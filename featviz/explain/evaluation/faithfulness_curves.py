"""Deletion and insertion: does the target fall, or rise, with the pixels that the map puts first?"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from featviz.explain.attribution.attribute import attribute
from featviz.explain.attribution.registry import Seed
from featviz.explain.evaluation.check import CHECKS, Explanation
from featviz.explain.evaluation.curve_score import quantity_of, values_of
from featviz.explain.evaluation.pass_counter import PassCounter
from featviz.explain.evaluation.pixel_perturbation import (
    Baseline,
    Kind,
    area_under,
    baseline_image,
    perturb,
    ranks,
)
from featviz.explain.evaluation.results import Curve, Curves, Finding, Floats, Level
from featviz.explain.targets.score import batch_size_for, batches
from featviz.progress import Progress
from featviz.registry import Range

__all__ = ["deletion", "insertion"]

Steps = Annotated[int, Range(2, 100)]
Draws = Annotated[int, Range(1, 16)]
_MARGIN, _ROOM = 0.01, 0.2
"""Parts of the curves' span: what counts as a difference, and how much a random order leaves to gain."""


def _cost(_explanation: Explanation, *, steps: int, draws: int, **_: object) -> int:
    return (steps + 1) * (2 + draws)


@CHECKS.register(
    "Deletion",
    reference="Petsiuk et al. 2018, arXiv:1806.07421",
    passes=_cost,
    lesson="attribution/checks/deletion.md",
)
def deletion(
    explanation: Explanation,
    *,
    steps: Steps = 20,
    baseline: Baseline = "median",
    draws: Draws = 3,
    seed: Seed = 0,
) -> Iterator[Progress[Finding]]:
    """The target while the map's highest pixels are deleted first: the faster it falls, the better the map.

    Args:
        steps: in how many steps all pixels are deleted.
        baseline: the image that shows where pixels are deleted.
        draws: over how many random maps their curve is averaged.
        seed: of the random maps, and of the order of pixels that are equal in the map.
    """
    return _curves(explanation, "deletion", steps, baseline, draws, seed)


@CHECKS.register(
    "Insertion",
    reference="Petsiuk et al. 2018, arXiv:1806.07421",
    passes=_cost,
    lesson="attribution/checks/insertion.md",
)
def insertion(
    explanation: Explanation,
    *,
    steps: Steps = 20,
    baseline: Baseline = "blur",
    draws: Draws = 3,
    seed: Seed = 0,
) -> Iterator[Progress[Finding]]:
    """The target while the map's highest pixels are inserted first: the faster it rises, the better the map.

    Args:
        steps: in how many steps all pixels are inserted.
        baseline: the image that they are inserted into.
        draws: over how many random maps their curve is averaged.
        seed: of the random maps, and of the order of pixels that are equal in the map.
    """
    return _curves(explanation, "insertion", steps, baseline, draws, seed)


def _curves(
    explanation: Explanation, kind: Kind, steps: int, baseline: Baseline, draws: int, seed: int
) -> Iterator[Progress[Finding]]:
    x, baseline_pixels = explanation.image, baseline_image(explanation, baseline)
    orders = np.stack([ranks(map_, seed) for map_ in _maps(explanation, draws, seed)])
    fractions = np.linspace(0, 1, steps + 1, dtype=np.float32)
    progress, values = PassCounter((steps + 1) * len(orders)), np.empty((0, len(orders)), np.float32)
    for fraction in fractions:
        row: list[Tensor] = []
        for start, size in batches(len(orders), batch_size_for(x)):
            images = perturb(x, baseline_pixels, orders[start : start + size], float(fraction), kind)
            row.append(values_of(explanation, images))
            yield progress.part(size)
        values = np.concatenate([values, torch.cat(row)[None].numpy()])
        if len(values) > 1:
            progress.finding = _finding(explanation, kind, baseline, fractions, values)
    yield progress.part()


def _maps(explanation: Explanation, draws: int, seed: int) -> Iterator[Floats]:
    """The map that is checked, the edge detector's, and random ones."""
    model, x, target = explanation.model, explanation.image, explanation.attribution.target
    yield explanation.attribution.map
    yield attribute(model, x, "edges", target=target).map
    for number in range(draws):
        yield np.random.default_rng((seed, number)).random(x.shape[-2:], np.float32)


def _finding(
    explanation: Explanation, kind: Kind, baseline: Baseline, fractions: Floats, values: Floats
) -> Curves:
    """The finding from values (k, maps) at the first k fractions."""
    known, whole = fractions[: len(values)], len(values) == len(fractions)
    areas = [area_under(column) for column in values.T]
    edges = Curve(values[:, 1], areas[1])
    random = Curve(values[:, 2:].mean(1), float(np.mean(areas[2:])))
    min_span = _MARGIN if quantity_of(explanation) == "probability" else 0.0
    level, sentence = _verdict(kind, areas[0], edges.area, areas[2:], values, min_span)
    if not whole:
        level, sentence = "unknown", f"{known[-1]:.0%} of the pixels have changed so far."
    return Curves(
        level,
        f"{_short(areas[0])}, random {_short(random.area)}",
        sentence,
        kind=kind,
        quantity=quantity_of(explanation),
        fractions=known,
        values=values[:, 0],
        area=areas[0],
        baselines={"random": random, "edges": edges},
        baseline=baseline,
    )


def _verdict(
    kind: Kind, area: float, edges: float, draws: list[float], values: Floats, min_span: float
) -> tuple[Level, str]:
    """Better is lower for deletion, higher for insertion, by more than random orders differ from one another."""
    sign, verb, movement = (-1, "deleted", "falls") if kind == "deletion" else (1, "inserted", "rises")
    span, random = float(np.ptp(values)), float(np.mean(draws))
    if span <= min_span:
        return "unknown", f"The target hardly moves, whatever is {verb}: its values span {span:.2g}."
    best = float(values.min() if kind == "deletion" else values.max())
    room, spread = abs(best - random), 2 * float(np.std(draws, ddof=1)) if len(draws) > 1 else 0.0
    margin = max(_MARGIN * span, min(spread, room / 2))
    lead, order = sign * (area - random), f"Pixels {verb} in the map's order do"
    figures = f"area {_short(area)} (random order {_short(random)}, edge detector {_short(edges)})"
    if lead > margin and sign * (area - edges) > _MARGIN * span:
        return (
            "good",
            f"The target {movement} faster in the map's order than in either baseline's: {figures}.",
        )
    if lead > margin:
        return "doubtful", f"{order} no more than in an edge detector's: {figures}."
    if lead >= -margin and room < _ROOM * span:
        return (
            "doubtful",
            f"The target {movement} at once in any order, so that this curve says little: {figures}.",
        )
    return "bad", f"{order} {'less' if lead < -margin else 'no more'} than in random order: {figures}."


def _short(value: float) -> str:
    """Two decimals, or one digit of what is smaller."""
    return f"{value:.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.1g}"
