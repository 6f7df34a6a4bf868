"""Model randomization: does the map depend on the learned weights? They are shuffled, layer after layer."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from torch import nn

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.attribution.registry import Seed
from featviz.explain.evaluation.check import CHECKS, Explanation
from featviz.explain.evaluation.pass_counter import PassCounter
from featviz.explain.evaluation.random_weights import groups_from_the_top, randomize_weights
from featviz.explain.evaluation.rank_correlation import spearman
from featviz.explain.evaluation.results import Finding, Level, Randomization, unknown
from featviz.explain.targets.score import seeded_generator
from featviz.explain.targets.units import Difference, Logit, Target
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.registry import Range

__all__ = ["randomization"]

_PLANNING = 4
"""Passes that a network with new weights takes until it is executed fast."""
_SAME, _ALIKE, _PARTLY, _CLASS_BLIND = 0.99, 0.7, 0.5, 0.9
"""Measured on Shapes, means over images: the gradient keeps 0.1, Grad-CAM none, an edge detector 1. What is
multiplied by the image's difference from a baseline keeps 0.7 of its strength and nothing of its signs."""


def _cost(explanation: Explanation, *, stages: int, draws: int, **_: object) -> int:
    groups = groups_from_the_top(explanation.model, explanation.attribution.target, stages)
    return sum(_draws(len(groups), draws)) * (_PLANNING + explanation.passes())


@CHECKS.register(
    "Model randomization",
    reference="Adebayo et al. 2018, arXiv:1810.03292",
    passes=_cost,
    lesson="attribution/checks/randomization.md",
)
def randomization(
    explanation: Explanation,
    *,
    stages: Annotated[int, Range(1, 32)] = 6,
    draws: Annotated[int, Range(1, 16)] = 3,
    seed: Seed = 0,
) -> Iterator[Progress[Finding]]:
    """The map as the network loses its weights from the output downwards: a true one loses its pattern too.

    Each parameter's numbers are shuffled, which keeps their distribution; those of weights get random signs, or
    the mean they learned would remain. Spearman's correlation of the signed values decides; where that of the
    absolute values is high alone, the map's strength is the image's and only its signs are the network's.

    Args:
        stages: in how many groups the layers are taken; the output layer is the first.
        draws: over how many networks the correlations of the first and of the last stage are averaged.
        seed: of the shuffling.
    """
    model, module = explanation.model, copy.deepcopy(explanation.model.module)
    groups = groups_from_the_top(model, explanation.attribution.target, stages)
    if not groups:
        yield Progress(
            1, 1, result=unknown(f"Nothing that {model.name} computes this target from has weights.")
        )
        return
    progress, generator = PassCounter(_cost(explanation, stages=stages, draws=draws)), seeded_generator(seed)
    recomputed = list[list[Attribution]]()
    for stage, times in enumerate(_draws(len(groups), draws)):
        names = [name for group in groups[: stage + 1] for name in group]
        recomputed.append([])
        for _ in range(times):
            randomize_weights(module, names, generator)
            yield progress.part(_PLANNING)
            attribution = yield from progress.recompute(
                explanation, model=_with_weights(model, module, stage)
            )
            recomputed[-1].append(attribution)
        progress.finding = _finding(explanation.attribution, recomputed, groups)
        yield progress.part()


def _with_weights(model: Model, module: nn.Module, stage: int) -> Model:
    """The network with other weights; what follows from its structure is not worked out again."""
    other = replace(model, module=module)
    vars(other)["layers"], vars(other)["fingerprint"] = model.layers, f"{model.fingerprint} shuffled {stage}"
    return other


def _draws(stages: int, draws: int) -> list[int]:
    """How many networks are drawn at each stage."""
    return [draws if stage in (0, stages - 1) else 1 for stage in range(stages)]


def _finding(
    original: Attribution, recomputed: Sequence[Sequence[Attribution]], groups: Sequence[Sequence[str]]
) -> Randomization:
    strength = [
        np.mean([spearman(abs(original.map), abs(each.map)) for each in stage]) for stage in recomputed
    ]
    signed = [np.mean([spearman(original.map, each.map) for each in stage]) for stage in recomputed]
    level, sentence = _verdict(original.target, strength, signed)
    if len(recomputed) < len(groups):
        level, sentence = (
            "unknown",
            f"{len(recomputed)} of {len(groups)} groups of layers have random weights so far.",
        )
    return Randomization(
        level,
        f"correlation {_two(signed[-1])}",
        sentence,
        stages=tuple(group[-1] or "the input's own" for group in groups[: len(recomputed)]),
        maps=np.stack([stage[0].map for stage in recomputed]),
        correlations=np.array(strength, np.float32),
        signed=np.array(signed, np.float32),
    )


def _verdict(target: Target, strength: Sequence[Any], signed: Sequence[Any]) -> tuple[Level, str]:
    """Judge by the last stage, and a class's map by the first as well, where only the output layer is random."""
    signed_rho, strength_rho, head_rho = (
        abs(float(signed[-1])),
        float(strength[-1]),
        abs(float(signed[0])),
    )
    said = (
        f"With all weights random the map's rank correlation with the trained one is {_two(signed[-1])} "
        f"({_two(strength[-1])} for absolute values; an edge detector 1, an unrelated map 0)"
    )
    if signed_rho >= _ALIKE or strength_rho >= _SAME:
        return "bad", f"{said}: it draws edges, not reasons."
    if signed_rho >= _PARTLY:
        return "doubtful", f"{said}: much of it is the image, not what was learned."
    if strength_rho >= _PARTLY:
        return "doubtful", f"{said}: its signs are learned, where it is strong is the image's doing."
    if isinstance(target, (Logit, Difference)) and head_rho >= _CLASS_BLIND:
        return "doubtful", (
            f"{said}, but {head_rho:.2f} with a random output layer alone: it shows what the network sees, hardly "
            "why it names this class."
        )
    return "good", f"{said}: it depends on learning."


def _two(value: Any) -> str:
    """Two decimals, without a minus before zero."""
    return f"{round(float(value), 2) + 0.0:.2f}"
