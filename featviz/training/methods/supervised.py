"""Supervised learning: the classes of labelled images."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from featviz.errors import BadInput
from featviz.parameter import Level, Range
from featviz.training.data import TrainingData
from featviz.training.measuring import batched
from featviz.training.registry import TRAINING_METHODS
from featviz.training.task import Batch, Loss, Task

__all__ = ["classification", "require_classes", "supervised"]


@TRAINING_METHODS.register("Supervised", reference="Rumelhart, Hinton and Williams 1986")
def supervised(
    network: nn.Module,
    data: TrainingData,
    *,
    label_smoothing: Annotated[float, Range(0, 0.9), Level("all")] = 0.0,
) -> Task:
    """The class of each image is learned from its label, by cross entropy.

    Args:
        network: gives a logit for each class.
        data: images with labels of two classes or more.
        label_smoothing: the part of each label that is spread evenly over all classes (Szegedy et al. 2016).

    Raises:
        BadInput: fewer than two classes.
    """
    require_classes(data)
    return classification(network, data, label_smoothing)


def classification(network: nn.Module, data: TrainingData, label_smoothing: float = 0.0) -> Task:
    """The task of a network with a logit for each class; images without a label cost nothing.

    Raises:
        BadInput: the network gives something else.
    """
    with torch.no_grad():
        shape = tuple(network.eval()(data.normalized(data.images[:2])).shape[1:])
    if shape != (len(data.classes),):
        raise BadInput(
            f"Supervised learning takes a network with {len(data.classes)} outputs, one for each class; this one gives "
            f"{shape}.",
            code="network",
        )

    def loss(batch: Batch) -> Loss:
        logits = network(batch.images)
        value = cross_entropy(logits, batch.labels, ignore_index=-1, label_smoothing=label_smoothing)
        return Loss(value, (logits.argmax(1) == batch.labels).detach())

    def measure() -> dict[str, float]:
        labels = data.labels[data.held_out]
        logits = batched(network, data, data.held_out)
        right = (logits.argmax(1) == labels)[labels >= 0]
        return {
            "held_out_loss": float(cross_entropy(logits, labels, ignore_index=-1)),
            "held_out_accuracy": float(right.double().mean()),
        }

    return Task(network, network, loss, measure, "logits", data.classes)


def require_classes(data: TrainingData) -> None:
    """Refuse images that have no two classes, or one class without an image to learn from and one held out.

    Raises:
        BadInput: with what is missing.
    """
    if len(data.classes) < 2:
        came = f"one class, {data.classes[0]!r}" if data.classes else "no labels"
        raise BadInput(
            f"Supervised learning takes images of two classes or more; {came} came.", code="classes"
        )
    for part, name in ((data.training, "to learn from"), (data.held_out, "held out")):
        if not bool((data.labels[part] >= 0).any()):
            raise BadInput(f"No image with a label is {name}.", code="classes")
