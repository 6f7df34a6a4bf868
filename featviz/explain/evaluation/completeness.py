"""Completeness: does the map sum to what its method's axiom says?"""

from collections.abc import Generator, Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.attribution.baselines import baseline_count, baseline_images
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.check import CHECKS, Explanation
from featviz.explain.evaluation.pass_counter import PassCounter
from featviz.explain.evaluation.results import Completeness, Finding, Level, unknown
from featviz.explain.targets.score import TargetScore, batch_size_for, batches, seeded_generator
from featviz.progress import Progress
from featviz.registry import Range, SumsTo

__all__ = ["completeness"]

_DOUBTFUL = 0.1
_DRAWS = 64
_MAX_STEPS = 1000


def _cost(explanation: Explanation, *, limit: int, **_: object) -> int:
    promise = METHODS[explanation.attribution.method].sums_to
    if promise is None:
        return 0
    finer = sum(explanation.passes(**{promise.steps: steps}) for steps in _rises(explanation, promise, limit))
    return 1 + _baselines(explanation, promise) + finer


@CHECKS.register(
    "Completeness",
    reference="Sundararajan et al. 2017, arXiv:1703.01365",
    passes=_cost,
    lesson="attribution/checks/completeness.md",
)
def completeness(
    explanation: Explanation,
    *,
    tolerance: Annotated[float, Range(1e-6, 0.5)] = 0.01,
    limit: Annotated[int, Range(1, _MAX_STEPS)] = 400,
) -> Iterator[Progress[Finding]]:
    """The map's sum beside what it should be; where a method takes steps, they double until the gap is small.

    Args:
        tolerance: the gap that is small enough, as a part of what is shared out.
        limit: the most steps to try.
    """
    attribution = explanation.attribution
    promise = METHODS[attribution.method].sums_to
    if promise is None:
        name = METHODS[attribution.method].name
        yield Progress(1, 1, result=unknown(f"{name} does not promise that its values add up to anything."))
        return
    progress = PassCounter(_cost(explanation, limit=limit))
    promised = yield from _promised(explanation, promise, progress)
    if promised == 0:
        yield progress.end(
            unknown("The target is the same for the image and its baseline: nothing to share.")
        )
        return
    gaps = {int(attribution.options.get(promise.steps, 0)): _gap(attribution, promised)}
    for steps in _rises(explanation, promise, limit):
        progress.finding = _finding(attribution, promise, promised, gaps, tolerance)
        yield progress.part()
        if min(gaps.values()) < tolerance:
            break
        finer: dict[str, Any] = {promise.steps: steps}
        attribution = yield from progress.recompute(explanation, **finer)
        gaps[steps] = _gap(attribution, promised)
    yield progress.end(_finding(attribution, promise, promised, gaps, tolerance))


def _rises(explanation: Explanation, promise: SumsTo, limit: int) -> list[int]:
    """The numbers of steps to try after the map's own."""
    steps = int(explanation.attribution.options.get(promise.steps, limit))
    rises = []
    while 2 * steps <= limit:
        steps *= 2
        rises.append(steps)
    return rises


def _baselines(explanation: Explanation, promise: SumsTo) -> int:
    """How many baselines the image is compared with; of those drawn anew, how many give their mean."""
    if not promise.compares:
        return 0
    options = METHODS[explanation.attribution.method].complete(explanation.options)
    samples = 1 if promise.single else _DRAWS if promise.drawn else options["samples"]
    return baseline_count(options["baseline"], samples)


def _promised(
    explanation: Explanation, promise: SumsTo, progress: PassCounter
) -> Generator[Progress[Finding], None, float]:
    """What the map should add up to: f(x) - f(baseline), or f(x) where there is no baseline."""
    x, options = explanation.image, METHODS[explanation.attribution.method].complete(explanation.options)
    score = TargetScore(explanation.model, explanation.attribution.target)
    target_value = float(score(x))
    yield progress.part(1)
    if not promise.compares:
        return target_value
    count, generator = _baselines(explanation, promise), seeded_generator(options["seed"])
    baselines = baseline_images(explanation.model, x, options["baseline"], generator=generator, count=count)
    values: list[Tensor] = []
    for start, size in batches(len(baselines), batch_size_for(x)):
        values.append(score(baselines[start : start + size]))
        yield progress.part(size)
    return target_value - float(torch.cat(values).mean())


def _gap(attribution: Attribution, promised: float) -> float:
    return abs(float(attribution.raw.sum(dtype=np.float64)) - promised) / abs(promised)


def _finding(
    attribution: Attribution, promise: SumsTo, promised: float, gaps: Mapping[int, float], tolerance: float
) -> Completeness:
    gap, total = _gap(attribution, promised), float(attribution.raw.sum(dtype=np.float64))
    baseline = str(attribution.options["baseline"]).partition(" sha256")[0] if promise.compares else "none"
    level: Level = "good" if gap < tolerance else "doubtful" if gap < _DOUBTFUL or promise.unless else "bad"
    what = f"{promise.quantity}, baseline {baseline}," if promise.compares else promise.quantity
    steps = f" with {max(gaps)} {promise.steps}" if promise.steps else ""
    excuse = f"; {promise.unless}" if promise.unless and level != "good" else ""
    return Completeness(
        level,
        f"{_percent(gap)} gap",
        f"The map adds up to {total:.3g}{steps}, {what} is {promised:.3g}: a gap of {_percent(gap)}{excuse}.",
        total=total,
        promised=promised,
        gap=gap,
        baseline=baseline,
        steps=tuple(gaps) if promise.steps else (),
        gaps=tuple(gaps.values()) if promise.steps else (),
    )


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.2g}%" if percent < 10 else f"{percent:,.0f}%"
