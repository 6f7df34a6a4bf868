"""Outputs of a network for many images, batch by batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from featviz.progress import yield_now
from featviz.training.data import TrainingData

__all__ = ["batched"]

_BATCH = 128


@torch.no_grad()
def batched(network: Callable[[Tensor], Tensor], data: TrainingData, positions: Tensor) -> Tensor:
    """The network's output (n, ...) for the images at n positions, not augmented."""
    outputs = []
    for chosen in torch.split(positions, _BATCH):
        outputs.append(network(data.normalized(data.images[chosen])))
        yield_now()
    return torch.cat(outputs)
