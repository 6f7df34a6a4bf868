"""Pooling before rectifying: the maximum of rectified numbers is the rectified maximum, of a quarter as many.

Values and gradients are the same; what a rule other than the gradient makes of each ReLU is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from featviz.models.execution.dataflow import Watch, unhooked

__all__ = ["RectifiedPool", "find_rectified_pools", "pool_first"]


@dataclass(frozen=True)
class RectifiedPool:
    """A ReLU that is sure to have one reader, a max pooling.

    Attributes:
        relu: its name in the network.
        pool: the name of the pooling.
        showing: the modules that hand the ReLU's output on, whose recorded output would not be theirs.
    """

    relu: str
    pool: str
    showing: frozenset[str]


def find_rectified_pools(replica: nn.Module, x: Tensor) -> tuple[RectifiedPool, ...]:
    """Run one pass and list where a max pooling, called once, alone reads what a ReLU, called once, has made.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards.
        x: a batch the network takes.
    """
    modules = {name: module for name, module in replica.named_modules() if _is_plain(module)}
    watch = Watch(modules, nn.ReLU)
    with watch.attached(replica), torch.no_grad():
        output = replica(x)
        found = tuple(_pools(watch))
        del output  # kept until here: what the network returns is held by somebody
    return found


def _pools(watch: Watch) -> Iterator[RectifiedPool]:
    """What was seen, while the network's output is still held."""
    for memory, relu in watch.owners.items():
        pool = watch.only_reader(memory, nn.MaxPool2d)
        if pool is not None and watch.calls[relu] == watch.calls[pool] == 1:
            yield RectifiedPool(relu, pool, frozenset(watch.showing[memory]))


def pool_first(pool: nn.Module) -> nn.Module:
    """What stands in the pooling's place where its ReLU has gone."""
    return nn.Sequential(pool, nn.ReLU(inplace=True)).eval()


def _is_plain(module: nn.Module) -> bool:
    """Whether a module is a ReLU or a max pooling that does what its class says and nothing else."""
    known = type(module) is nn.ReLU or (type(module) is nn.MaxPool2d and not module.return_indices)
    return known and unhooked(module)
