"""What a run of training records: steps, epochs, and the network of each epoch."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from featviz.models.model import Model
from featviz.models.wrapping import wrap_model
from featviz.training.data import TrainingData
from featviz.training.task import Task

__all__ = ["Epoch", "Step"]


@dataclass(frozen=True)
class Step:
    """One step of the optimizer.

    Attributes:
        number: from 1.
        epoch: how many epochs lie behind it, a fraction.
        loss: of its batch.
        accuracy: of its batch, in [0, 1]; not a number where nothing is classified.
        rate: learning rate.
        gradient_norms: the Euclidean norm of the loss's gradient for the parameters of each layer, in the order of
            `TrainingRun.layers`.
        weight_norms: the same of the parameters themselves, before the step.
    """

    number: int
    epoch: float
    loss: float
    accuracy: float
    rate: float
    gradient_norms: tuple[float, ...]
    weight_norms: tuple[float, ...]

    @property
    def is_finite(self) -> bool:
        """Whether its loss is a number."""
        return math.isfinite(self.loss)


@dataclass(frozen=True, eq=False)
class Epoch:
    """The network after one pass over the training images.

    Attributes:
        number: from 1; 0 is the network before training.
        metrics: loss and accuracy of the epoch's steps, and what the method measured on held-out images.
        step: how many steps lie behind it.
        seconds: since training began, without pauses.
        weights: the network's parameters and buffers by name, copies.
        ended: why training ended before its last epoch, a sentence; "" where it did not.
    """

    number: int
    metrics: Mapping[str, float]
    step: int
    seconds: float
    weights: Mapping[str, Tensor] = field(repr=False)
    task: Task = field(repr=False)
    data: TrainingData = field(repr=False)
    name: str = ""
    ended: str = ""

    @cached_property
    def model(self) -> Model:
        """The network as it was then: a model like any other, frozen."""
        module = copy.deepcopy(self.task.network)
        module.load_state_dict(dict(self.weights))
        return wrap_model(
            module,
            name=f"{self.name}/epoch-{self.number}" if self.name else f"epoch-{self.number}",
            transform=self.data.preprocessing,
            classes=self.task.classes,
            input_size=self.data.inputs.size,
            outputs=self.task.outputs,
        )
