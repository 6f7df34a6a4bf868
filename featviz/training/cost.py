"""How long a run will take, measured by a step of a few images."""

from __future__ import annotations

import time

import torch
from torch import Generator

from featviz.training.run import TrainingRun
from featviz.training.task import Batch

__all__ = ["expected_seconds"]

_IMAGES = 32
_MARGIN = 1.3  # optimizer, augmentation and measuring


def expected_seconds(run: TrainingRun) -> float:
    """The seconds that all steps of the run will take on this machine when nothing else runs, about.

    The run stays as it is: the loss is computed by its own network in evaluation mode, and its gradient thrown away.
    """
    data, task = run.data, run.task
    chosen = data.training[: min(_IMAGES, len(data.training))]
    images = data.normalized(data.images[chosen])
    batch = Batch(images, data.labels[chosen], lambda _: images, Generator().manual_seed(0))
    learning = [each for each in task.module.parameters() if each.requires_grad]
    task.module.eval()
    best = float("inf")
    for _ in range(2):
        start = time.perf_counter()
        torch.autograd.grad(task.loss(batch).value, learning, allow_unused=True)
        best = min(best, time.perf_counter() - start)
    return _MARGIN * best / len(chosen) * run.settings.batch * run.total_steps
