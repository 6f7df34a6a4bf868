"""What a training method learns: the loss of a batch, and what is measured after each epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Generator, Tensor, nn

from featviz.models.outputs import Outputs
from featviz.training.settings import Augmentation

__all__ = ["Batch", "Loss", "ParameterGroup", "Task"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Training images of one step.

    Attributes:
        images: (B, 3, S, S), normalized, augmented.
        labels: (B,) int64, -1 where there is none.
        draw_view: makes a view of the same images, changed by an augmentation of this name, as methods with two views
            need; normalized.
        generator: for all else that is drawn at random.
    """

    images: Tensor
    labels: Tensor
    draw_view: Callable[[Augmentation], Tensor]
    generator: Generator


@dataclass(frozen=True, eq=False)
class Loss:
    """What one batch costs.

    Attributes:
        value: () with its graph; its gradient is the step.
        correct: how many images of the batch were classified correctly; None where nothing is classified.
    """

    value: Tensor
    correct: Tensor | None = None


@dataclass(frozen=True, eq=False)
class ParameterGroup:
    """Parameters that share a learning rate.

    Attributes:
        name: what they are, such as "backbone".
        parameters: the parameters.
        rate: multiplies the learning rate of the run.
    """

    name: str
    parameters: tuple[nn.Parameter, ...]
    rate: float = 1.0


@dataclass(frozen=True, eq=False)
class Task:
    """What is learned and measured; made by a training method for one network and its data.

    Attributes:
        module: everything that is kept in a checkpoint: the network and whatever learns beside it.
        network: the part of `module` that is opened afterwards.
        loss: the loss of one batch; it runs `module` itself.
        measure: metrics on images held out, by name, such as "held_out_loss"; `module` is in evaluation mode.
        outputs: what kind of numbers `network` gives.
        classes: names of its outputs, or none.
        groups: parameters with learning rates of their own; empty: all of `module` at the rate of the run.
        begin_epoch: is told the number of each epoch, from 0, before its first step, after `module.train()`; it may
            freeze parameters and put parts into evaluation mode.
    """

    module: nn.Module
    network: nn.Module
    loss: Callable[[Batch], Loss]
    measure: Callable[[], Mapping[str, float]]
    outputs: Outputs
    classes: tuple[str, ...] = ()
    groups: tuple[ParameterGroup, ...] = ()
    begin_epoch: Callable[[int], None] = field(default=lambda _: None)
