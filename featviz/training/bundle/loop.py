"""Training as a stream: a generator that learns and, now and then, says how far it has come."""

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from featviz.training.bundle.examples import Examples
from featviz.training.bundle.recipes import Recipe


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training has come: steps done of all, epochs, and means since the last report."""

    step: int
    steps: int
    epoch: float
    loss: float
    accuracy: float


def steps_of(recipe: Recipe, examples: int) -> int:
    """Count the optimizer steps that a recipe takes over so many examples."""
    return recipe.epochs * (examples // recipe.batch)


def train(
    module: nn.Module,
    examples: Examples,
    recipe: Recipe,
    *,
    reports: Container[int] = (),
    bfloat16: bool = False,
) -> Iterator[TrainingProgress]:
    """Train `module` in place by AdamW on a one-cycle schedule, reporting after each epoch.

    Args:
        module: maps normalised images to logits; it is in training mode throughout.
        examples: what to learn.
        recipe: the settings.
        reports: further steps after which to report; between two reports the module may be copied.
        bfloat16: compute in bfloat16 where torch deems it safe, much faster on processors that know it.
    """
    steps, epoch_steps = steps_of(recipe, len(examples.labels)), len(examples.labels) // recipe.batch
    generator = Generator().manual_seed(recipe.seed)
    optimizer = AdamW(module.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    schedule = OneCycleLR(optimizer, recipe.rate, total_steps=steps, pct_start=0.2)
    module.train()
    history: list[tuple[float, float]] = []
    for step, (images, labels) in enumerate(_batches(examples, recipe, generator), start=1):
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = module((images / 255 - recipe.mean) / recipe.std).float()
        loss = cross_entropy(logits, labels, label_smoothing=recipe.smoothing)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
        history.append((loss.item(), (logits.argmax(1) == labels).float().mean().item()))
        if step % epoch_steps == 0 or step in reports:
            yield TrainingProgress(step, steps, step / epoch_steps, *_means(history))
            history.clear()


def _batches(examples: Examples, recipe: Recipe, generator: Generator) -> Iterator[tuple[Tensor, Tensor]]:
    for _ in range(recipe.epochs):
        order = torch.randperm(len(examples.labels), generator=generator)
        for chosen in torch.split(order, recipe.batch):
            if len(chosen) == recipe.batch:
                yield recipe.augment(examples.images[chosen], generator), examples.labels[chosen]


def _means(history: list[tuple[float, float]]) -> tuple[float, float]:
    losses, accuracies = zip(*history, strict=True)
    return math.fsum(losses) / len(losses), math.fsum(accuracies) / len(accuracies)
