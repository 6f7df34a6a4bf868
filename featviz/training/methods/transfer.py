"""Transfer: what a network has learned elsewhere is used for other classes, with or without learning on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from torch import nn

from featviz.errors import BadInput
from featviz.parameter import Range
from featviz.training.cutting import find_head, replace_head
from featviz.training.data import TrainingData
from featviz.training.methods.supervised import classification, require_classes
from featviz.training.registry import TRAINING_METHODS
from featviz.training.task import ParameterGroup, Task

__all__ = ["blocks_of", "transfer"]

Depth = Literal["frozen", "last_blocks", "all"]


@TRAINING_METHODS.register(
    "Transfer", reference="Yosinski et al. 2014, arXiv:1411.1792; Kornblith et al. 2019"
)
def transfer(
    network: nn.Module,
    data: TrainingData,
    *,
    tune: Depth = "frozen",
    last: Annotated[int, Range(1, 100)] = 1,
    backbone_rate: Annotated[float, Range(0, 10)] = 0.1,
    head_epochs: Annotated[int, Range(0, 10_000)] = 0,
) -> Task:
    """A new head learns the classes on a network's features; the network itself stays, or learns on.

    Args:
        network: a classifier, whose last linear layer is replaced.
        data: images with labels of two classes or more.
        tune: what learns beside the head: nothing, so that the features stay as they are; the last blocks; or all.
        last: how many blocks are the last ones.
        backbone_rate: the backbone's learning rate as a part of the head's.
        head_epochs: epochs in which the head learns alone, before the rest learns with it.

    Raises:
        BadInput: fewer than two classes, or the network has no linear head.
    """
    require_classes(data)
    head = find_head(network.eval(), data.normalized(data.images[:2]))
    new = nn.Linear(head.layer.in_features, len(data.classes))
    replace_head(network, head.name, new)
    tuned = _tuned(network, head.name, tune, last)
    own = set(new.parameters())
    backbone = tuple(each for part in tuned for each in part.parameters() if each not in own)
    _freeze(network, (new, *tuned))
    task = classification(network, data)
    groups = [ParameterGroup("head", tuple(new.parameters()))]
    if backbone:
        groups.append(ParameterGroup("backbone", backbone, backbone_rate))

    def begin_epoch(number: int) -> None:
        _freeze(network, (new, *tuned) if number >= head_epochs else (new,))

    return Task(network, network, task.loss, task.measure, "logits", data.classes, tuple(groups), begin_epoch)


def blocks_of(network: nn.Module, head: str) -> list[tuple[str, nn.Module]]:
    """The parts with parameters that a network is made of, in order, without its head.

    A part that holds the head, or all parameters but the head's, is taken apart.
    """
    parts = [(name, part) for name, part in network.named_children() if name != head]
    with_parameters = [(name, part) for name, part in parts if any(True for _ in part.parameters())]
    inside = [name for name, _ in with_parameters if head.startswith(f"{name}.")]
    if not inside and len(with_parameters) != 1:
        return with_parameters
    blocks: list[tuple[str, nn.Module]] = []
    for name, part in with_parameters:
        if (name in inside or len(with_parameters) == 1) and any(True for _ in part.children()):
            below = blocks_of(part, head.removeprefix(f"{name}."))
            blocks.extend((f"{name}.{each}", module) for each, module in below)
        else:
            blocks.append((name, part))
    return blocks


def _tuned(network: nn.Module, head: str, tune: Depth, last: int) -> tuple[nn.Module, ...]:
    if tune == "frozen":
        return ()
    if tune == "all":
        return (network,)
    blocks = blocks_of(network, head)
    if last > len(blocks):
        names = ", ".join(name for name, _ in blocks)
        raise BadInput(
            f"The network has {len(blocks)} blocks ({names}); {last} were asked for.", code="option"
        )
    return tuple(part for _, part in blocks[-last:])


def _freeze(network: nn.Module, learning: Sequence[nn.Module]) -> None:
    """Parameters outside these parts take no gradient, and their normalization keeps its running statistics."""
    network.eval()
    network.requires_grad_(requires_grad=False)
    for part in learning:
        part.train()
        part.requires_grad_(requires_grad=True)
