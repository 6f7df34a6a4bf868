"""Max-sensitivity: does the map stay as it is under imperceptible noise?"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch

from featviz.explain.attribution.attribute import attribute
from featviz.explain.attribution.registry import Seed
from featviz.explain.evaluation.check import CHECKS, Explanation
from featviz.explain.evaluation.pass_counter import PassCounter
from featviz.explain.evaluation.results import Finding, Floats, Level, Stability
from featviz.explain.targets.score import seeded_generator
from featviz.progress import Progress
from featviz.registry import Range

__all__ = ["stability"]

_UNRELATED = 2**0.5
"""How far apart two unrelated maps of the same length are, as a part of that length."""


@CHECKS.register(
    "Stability under noise",
    reference="Yeh et al. 2019 (max-sensitivity), arXiv:1901.09392",
    passes=lambda explanation, *, samples, **_: samples * max(1, explanation.passes()),
    lesson="attribution/checks/stability.md",
)
def stability(
    explanation: Explanation,
    *,
    samples: Annotated[int, Range(1, 64)] = 6,
    radius: Annotated[float, Range(1e-6, 0.5)] = 0.02,
    seed: Seed = 0,
) -> Iterator[Progress[Finding]]:
    """The greatest change of the map, as a part of the map, when the image gets a little noise.

    Args:
        samples: how many noises.
        radius: the greatest change of a value of the image, as a part of the image's range.
        seed: of the noises.
    """
    x, original, generator = explanation.image, explanation.attribution, seeded_generator(seed)
    progress, reach = PassCounter(samples * max(1, explanation.passes())), radius * (x.max() - x.min())
    maps, drawn = list[Floats](), list[Floats]()
    plain = attribute(explanation.model, x, "edges", target=original.target).map
    for _ in range(samples):
        noise = 2 * torch.rand(x.shape, generator=generator, dtype=x.dtype).to(x) - 1
        moved = yield from progress.recompute(explanation, x=x + reach * noise)
        maps.append(moved.map)
        drawn.append(attribute(explanation.model, x + reach * noise, "edges", target=original.target).map)
        edges = max(_change(plain, other) for other in drawn)
        progress.finding = _finding(original.map, maps, radius, edges, samples)
        yield progress.part()


def _change(original: Floats, other: Floats) -> float:
    """How far a map has moved, as a part of its length; 0 for a map of zeros."""
    length = float(np.linalg.norm(original.astype(np.float64)))
    return float(np.linalg.norm(other.astype(np.float64) - original)) / length if length else 0.0


def _finding(original: Floats, maps: list[Floats], radius: float, edges: float, samples: int) -> Stability:
    changes = [_change(original, other) for other in maps]
    worst = max(changes)
    level: Level = "good" if worst < 0.5 else "doubtful" if worst < 1 else "bad"
    sentence = (
        f"Noise of {radius:.0%} of the image's range moves the map by up to {worst:.2f} of itself "
        f"(the edge detector by {edges:.2f}, an unrelated map by {_UNRELATED:.1f})."
    )
    if len(maps) < samples:
        level = "unknown"
    return Stability(
        level,
        f"change {worst:.2f}",
        sentence,
        sensitivity=worst,
        radius=radius,
        sensitivities=np.array(changes, np.float32),
        edges=edges,
        worst=maps[int(np.argmax(changes))],
    )
