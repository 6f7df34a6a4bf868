"""What a run says of itself while it is trained: each diagnosis with the rule it follows from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

from featviz.training.run import TrainingRun

__all__ = ["Diagnosis", "diagnose"]

Kind = Literal[
    "diverged",
    "rate_too_high",
    "exploding",
    "vanishing",
    "no_gradient",
    "overfitting",
    "not_learning",
    "learning",
]
_WINDOW = 10
_LEAST_STEPS = 5
_VANISHING = 1e-4
_EXPLODING = 100.0
_RISE = 3.0
_OVERFITTING = 1.05
_NOT_LEARNING = 0.02


@dataclass(frozen=True)
class Diagnosis:
    """One thing that a run shows.

    Attributes:
        kind: what it is called.
        sentence: what was seen, where, and the rule.
        step: at which it was first seen.
        layer: where, or "" for the whole network.
        is_problem: whether something is to be done about it.
    """

    kind: Kind
    sentence: str
    step: int
    layer: str = ""
    is_problem: bool = True


def diagnose(run: TrainingRun) -> tuple[Diagnosis, ...]:
    """What the run shows so far, the gravest first; nothing before five steps but a loss that is no number."""
    if run.ended:
        step = run.steps[-1].number + 1 if run.steps else 1
        advice = "Lower the learning rate, or clip the gradients."
        return (Diagnosis("diverged", f"{run.ended} {advice}", step),)
    if len(run.steps) < _LEAST_STEPS:
        return ()
    diagnoses = tuple(each for rule in _RULES for each in rule(run))
    return diagnoses or tuple(_learning(run))


def _gradients(run: TrainingRun) -> Iterator[Diagnosis]:
    """Gradient norms by layer, medians over the last ten steps, each relative to the norm of the layer's weights."""
    last, step = run.steps[-_WINDOW:], run.steps[-1].number
    learns = [index for index, name in enumerate(run.layers) if _learns(run, name)]
    gradients = {run.layers[i]: median(each.gradient_norms[i] for each in last) for i in learns}
    weights = {run.layers[i]: last[-1].weight_norms[i] for i in learns}
    if silent := [name for name in gradients if not gradients[name]]:
        yield _silent(silent, zero=not weights[silent[0]], steps=len(last), step=step)
    relative = {
        name: gradients[name] / weights[name] for name in gradients if weights[name] and gradients[name]
    }
    if not relative:
        return
    least = min(relative, key=lambda name: relative[name])
    ratio = relative[least] / max(relative.values())
    if ratio < _VANISHING:
        yield Diagnosis(
            "vanishing",
            f"Vanishing gradients: relative to its weights, the gradient of {least} is {ratio:.0e} of the largest "
            f"layer's (rule: below {_VANISHING:.0e}). Fewer layers, ReLU, normalization or residual blocks help.",
            step,
            least,
        )
    lengths = {name: gradients[name] / max(1.0, weights[name]) for name in gradients}
    most = max(lengths, key=lambda name: lengths[name])
    if lengths[most] > _EXPLODING:
        yield Diagnosis(
            "exploding",
            f"Exploding gradients: the gradient of {most} is {lengths[most]:.0e} times as long as its weights (rule: "
            f"above {_EXPLODING:g}). A lower learning rate, clipping or normalization helps.",
            step,
            most,
        )


def _silent(layers: list[str], *, zero: bool, steps: int, step: int) -> Diagnosis:
    more = f" and of {len(layers) - 1} more" if len(layers) > 1 else ""
    why = "all its weights are 0" if zero else "nothing of the loss reaches it"
    return Diagnosis(
        "no_gradient",
        f"The gradient of {layers[0]}{more} is exactly 0 in the last {steps} steps: {why}. Begin with random "
        "weights, or with another activation function.",
        step,
        layers[0],
    )


def _learns(run: TrainingRun, layer: str) -> bool:
    module = run.task.module.get_submodule(layer)
    return any(each.requires_grad for each in module.parameters(recurse=False))


def _rate_too_high(run: TrainingRun) -> Iterator[Diagnosis]:
    """The loss of late steps is far above that of the first: steps jump over the minimum."""
    first = run.steps[0].loss
    late = median(step.loss for step in run.steps[-_LEAST_STEPS:])
    if first > 0 and late > _RISE * first:
        yield Diagnosis(
            "rate_too_high",
            f"Learning rate too high: the loss of the last {_LEAST_STEPS} steps, {late:.3g}, is {late / first:.2g} "
            f"times that of the first, {first:.3g} (rule: above {_RISE:g}).",
            run.steps[-1].number,
        )


def _overfitting(run: TrainingRun) -> Iterator[Diagnosis]:
    """The held-out loss has risen since an epoch while the training loss fell on."""
    epochs = [epoch for epoch in run.epochs[1:] if "held_out_loss" in epoch.metrics]
    if len(epochs) < 3:
        return
    best, last = min(epochs, key=lambda epoch: epoch.metrics["held_out_loss"]), epochs[-1]
    least, now = best.metrics["held_out_loss"], last.metrics["held_out_loss"]
    falls = last.metrics["loss"] < best.metrics["loss"]
    if now > _OVERFITTING * least and falls and last.number - best.number >= 2:
        yield Diagnosis(
            "overfitting",
            f"Overfitting since epoch {best.number}: the held-out loss rose from {least:.3g} to {now:.3g} while the "
            f"training loss fell on (rule: {_OVERFITTING:g} times its least value, for two epochs). More images, "
            "augmentation, weight decay or dropout help; the weights of that epoch are still there.",
            best.step,
        )


def _not_learning(run: TrainingRun) -> Iterator[Diagnosis]:
    """The training loss of the last of at least two epochs is that of guessing."""
    classes, last = len(run.task.classes), run.epochs[-1]
    if classes < 2 or last.number < 2 or "accuracy" not in last.metrics:
        return
    chance = math.log(classes)
    if last.metrics["loss"] > (1 - _NOT_LEARNING) * chance:
        yield Diagnosis(
            "not_learning",
            f"Nothing is learned yet: the training loss, {last.metrics['loss']:.3g}, is that of guessing, "
            f"log({classes}) = {chance:.3g} (rule: within {_NOT_LEARNING:.0%}).",
            last.step,
        )


def _learning(run: TrainingRun) -> Iterator[Diagnosis]:
    """The loss of late steps lies below that of the first ones."""
    count = min(_WINDOW, len(run.steps) // 2)
    first = median(step.loss for step in run.steps[:count])
    late = median(step.loss for step in run.steps[-count:])
    if late < first:
        yield Diagnosis(
            "learning",
            f"Learning: the median loss of the last {count} steps, {late:.3g}, is below that of the first {count}, "
            f"{first:.3g}.",
            run.steps[-1].number,
            is_problem=False,
        )


_RULES = (_rate_too_high, _gradients, _overfitting, _not_learning)
