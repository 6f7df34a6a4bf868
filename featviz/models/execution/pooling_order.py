"""Pooling before rectifying: the maximum of rectified numbers is the rectified maximum, of a quarter as many.

Values and gradients are the same; what a rule other than the gradient makes of each ReLU is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from featviz.models.execution.dataflow import DataflowTracer, is_unpatched

__all__ = ["RectifiedPool", "find_rectified_pools", "pool_first"]


@dataclass(frozen=True)
class RectifiedPool:
    """A ReLU that is sure to have one reader, a max pooling.

    Attributes:
        relu: its name in the network.
        pool: the name of the pooling.
        aliases: the pass-through modules of the ReLU's output, whose recorded output the exchange would change.
    """

    relu: str
    pool: str
    aliases: frozenset[str]


def find_rectified_pools(replica: nn.Module, x: Tensor) -> tuple[RectifiedPool, ...]:
    """Run one pass and list each max pooling, called once, that is the only reader of a ReLU, called once.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards.
        x: a batch the network takes.
    """
    modules = {name: module for name, module in replica.named_modules() if _is_plain(module)}
    tracer = DataflowTracer(modules, nn.ReLU)
    with tracer.attached(replica), torch.no_grad():
        output = replica(x)
        pools = tuple(_pools(tracer))
        del output  # kept until here: what the network returns is held by somebody
    return pools


def _pools(tracer: DataflowTracer) -> Iterator[RectifiedPool]:
    """What the trace says, while the network's output still exists."""
    for storage, relu in tracer.owners.items():
        pool = tracer.only_reader(storage, nn.MaxPool2d)
        if pool is not None and tracer.calls[relu] == tracer.calls[pool] == 1:
            yield RectifiedPool(relu, pool, frozenset(tracer.aliases[storage]))


def pool_first(pool: nn.Module) -> nn.Module:
    """The module that replaces the pooling where its ReLU was removed: the pooling, then the ReLU."""
    return nn.Sequential(pool, nn.ReLU(inplace=True)).eval()


def _is_plain(module: nn.Module) -> bool:
    """Whether a module is a ReLU or a max pooling that does what its class says and nothing else."""
    known = type(module) is nn.ReLU or (type(module) is nn.MaxPool2d and not module.return_indices)
    return known and is_unpatched(module)
