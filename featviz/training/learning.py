"""The loop: a generator that trains, one batch after the other, and says how far it is."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from featviz.progress import Progress, yield_now
from featviz.training.augmentations import augment
from featviz.training.epoch import Epoch, Step
from featviz.training.run import TrainingRun
from featviz.training.settings import Augmentation
from featviz.training.task import Batch, Loss

__all__ = ["learn", "rate_factor"]

_RISING = 0.2
_MINI = 1e-3


def learn(run: TrainingRun, *, measure_each: bool = True) -> Iterator[Progress[TrainingRun]]:
    """Train a run to its end, from where it is.

    A loss that is no number ends it, with the weights of the last epoch that has finite ones.

    Args:
        run: prepared, or resumed.
        measure_each: whether held-out images are measured after each epoch, or after the last one alone.

    Yields:
        optimizer steps done of all, after each step; the result is the run itself, which has grown.
    """
    begun = time.monotonic() - (run.epochs[-1].seconds if run.epochs else 0.0)
    if not run.epochs:
        run.epochs.append(_measured(run, 0, {}, 0.0, held_out=measure_each))
    while not run.is_finished:
        number = run.epochs[-1].number
        run.task.module.train()
        run.task.begin_epoch(number)
        before = len(run.steps)
        for batch in _batches(run):
            _step(run, batch)
            if run.ended:
                break
            yield _progress(run, begun)
            yield_now()
        metrics = _means(run.steps[before:])
        held_out = measure_each or number + 1 >= run.spec.epochs
        run.epochs.append(_measured(run, number + 1, metrics, time.monotonic() - begun, held_out=held_out))
        yield _progress(run, begun)


def rate_factor(schedule: str, share: float) -> float:
    """The learning rate at a share of the run in [0, 1], as a part of the highest.

    one_cycle rises by a cosine over the first fifth from 1/25 and falls to nearly 0 (Smith and Topin 2018); cosine
    falls from the first step on (Loshchilov and Hutter 2017).
    """
    if schedule == "constant":
        return 1.0
    if schedule == "cosine":
        return max(_MINI, (1 + math.cos(math.pi * share)) / 2)
    if share < _RISING:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * share / _RISING)) / 2
    return max(_MINI, (1 + math.cos(math.pi * (share - _RISING) / (1 - _RISING))) / 2)


def _batches(run: TrainingRun) -> Iterator[Batch]:
    """Every full batch of the training images, in an order drawn for this epoch."""
    data, generator, size = run.data, run.generator, run.settings.batch
    order = data.training[torch.randperm(len(data.training), generator=generator)]
    for chosen in torch.split(order[: run.epoch_steps * size], size):
        images = data.images[chosen]

        def view(augmentation: Augmentation, images: Tensor = images) -> Tensor:
            return data.normalized(augment(images, augmentation, generator))

        yield Batch(view(run.settings.augmentation), data.labels[chosen], view, generator)


def _step(run: TrainingRun, batch: Batch) -> None:
    """One step of the optimizer; a loss that is no number makes none and ends the run."""
    number = (run.steps[-1].number if run.steps else run.epochs[-1].step) + 1
    factor = rate_factor(run.settings.schedule, (number - 1) / max(1, run.total_steps))
    for group in run.optimizer.param_groups:
        group["lr"] = run.settings.rate * factor * group["factor"]
    loss = run.task.loss(batch)
    value = loss.value + _l1(run)
    run.optimizer.zero_grad()
    if not bool(torch.isfinite(value)):
        run.ended = f"The loss is no longer a number at step {number}."
        return
    torch.autograd.backward(value)
    run.steps.append(_recorded(run, number, loss, run.settings.rate * factor))
    if run.settings.clip:
        learned = [each for each in run.task.module.parameters() if each.grad is not None]
        torch.nn.utils.clip_grad_norm_(learned, run.settings.clip)
    run.optimizer.step()


def _l1(run: TrainingRun) -> Tensor | float:
    if not run.settings.l1:
        return 0.0
    weights = [each for each in run.task.module.parameters() if each.ndim > 1 and each.requires_grad]
    return run.settings.l1 * torch.stack([each.abs().sum() for each in weights]).sum()


def _recorded(run: TrainingRun, number: int, loss: Loss, rate: float) -> Step:
    modules = dict(run.task.module.named_modules())
    own = [list(modules[name].parameters(recurse=False)) for name in run.layers]
    weights = [[each.detach() for each in parameters] for parameters in own]
    gradients = [[each.grad for each in parameters if each.grad is not None] for parameters in own]
    accuracy = math.nan if loss.correct is None else float(loss.correct.float().mean())
    return Step(
        number,
        number / run.epoch_steps,
        float(loss.value.detach()),
        accuracy,
        rate,
        _norms(gradients),
        _norms(weights),
    )


def _norms(groups: list[list[Tensor]]) -> tuple[float, ...]:
    """The Euclidean norm of each group; one fused call for all their tensors."""
    flat = [each for group in groups for each in group]
    if not flat:
        return (0.0,) * len(groups)
    each = torch.stack(torch._foreach_norm(flat)).tolist()
    values = iter(each)
    return tuple(math.hypot(*(next(values) for _ in group)) for group in groups)


def _means(steps: list[Step]) -> dict[str, float]:
    if not steps:
        return {}
    means = {"loss": math.fsum(step.loss for step in steps) / len(steps)}
    if not math.isnan(steps[0].accuracy):
        means["accuracy"] = math.fsum(step.accuracy for step in steps) / len(steps)
    return means


def _measured(
    run: TrainingRun, number: int, metrics: dict[str, float], seconds: float, *, held_out: bool
) -> Epoch:
    """The network as it is now; with weights that are no numbers, as it was the last time they were."""
    module = run.task.module.eval()
    broken = any(not bool(torch.isfinite(each).all()) for each in module.state_dict().values())
    if broken and run.epochs:
        run.ended = run.ended or f"The weights are no longer numbers after epoch {number}."
    if run.ended:
        last = run.epochs[-1]
        kept = f"{run.ended} The weights of epoch {last.number} are kept."
        return Epoch(
            number, metrics, len(run.steps), seconds, last.weights, run.task, run.data, last.name, kept
        )
    with torch.no_grad():
        measured = dict(run.task.measure()) if held_out else {}
    weights = {name: value.detach().clone() for name, value in run.task.network.state_dict().items()}
    step = run.steps[-1].number if run.steps else 0
    return Epoch(
        number, {**metrics, **measured}, step, seconds, weights, run.task, run.data, run.spec.network
    )


def _progress(run: TrainingRun, begun: float) -> Progress[TrainingRun]:
    done, seconds = run.steps[-1].number if run.steps else 0, time.monotonic() - begun
    left = seconds / done * (run.total_steps - done) if done else None
    note = f"epoch {min(run.epochs[-1].number + 1, run.spec.epochs)} of {run.spec.epochs}"
    return Progress(done, run.total_steps, note, run, seconds, 0.0 if run.is_finished else left)
