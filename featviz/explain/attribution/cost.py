"""What a method will cost, known before it runs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from featviz.explain.attribution.registry import METHODS
from featviz.explain.targets.score import batch_size_for
from featviz.explain.targets.units import Target
from featviz.models.model import Model

__all__ = ["Cost", "estimate", "seconds_a_pass"]


@dataclass(frozen=True)
class Cost:
    """How often the network runs, a gradient counted as two passes more, and about how many seconds that takes."""

    passes: int
    seconds: float


def estimate(model: Model, x: Tensor, method: str, *, target: Target, **options: Any) -> Cost:
    """What an attribution will cost; arguments and errors as `attribute`."""
    declared = METHODS[method]
    count = declared.passes(model, x, target, **declared.complete(options))
    return Cost(count, count * seconds_a_pass(model, x))


def seconds_a_pass(model: Model, x: Tensor) -> float:
    """Seconds that one image (1, C, H, W) takes to go through the network in a batch, measured once.

    A network that cannot take it costs nothing: the computation itself will say so.
    """
    key = ("attribution.seconds_a_pass", tuple(x.shape))
    return model.remember(key, lambda: _measured(model, x))


def _measured(model: Model, x: Tensor) -> float:
    replica, batch = model.execution_replica(), x.repeat(batch_size_for(x), 1, 1, 1)
    try:
        with torch.no_grad():
            replica(batch.clone())
            began = time.perf_counter()
            replica(batch.clone())
    except Exception:  # a network of one's own may raise anything
        return 0.0
    return (time.perf_counter() - began) / len(batch)
