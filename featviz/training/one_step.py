"""One step of gradient descent in slow motion: one image, one weight of the last layer, by hand and by autograd."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.training.cutting import find_head
from featviz.training.epoch import Epoch

__all__ = ["OneStep", "one_step", "step_of_epoch"]

_EPSILON = 1e-5


@dataclass(frozen=True)
class OneStep:
    """What happens to one weight w that leads from feature j to the logit of class k.

    Attributes:
        layer: the last linear layer.
        output, feature: k and j.
        activation: a_j, the feature of this image.
        logits: (classes,) before the step.
        probability, target: p_k, and y_k: 1 for the image's class, else 0.
        by_hand: (p_k - y_k) a_j, the chain rule through softmax and cross entropy.
        by_autograd: what torch gives.
        by_difference: (L(w + e) - L(w - e)) / 2e in float64, with e = 1e-5.
        weight, updated: w, and w - rate times gradient.
        loss, loss_after: before, and after all weights of the network took the step.
        loss_after_weight: after this one weight alone took it.
    """

    layer: str
    output: int
    feature: int
    activation: float
    logits: tuple[float, ...]
    probability: float
    target: float
    by_hand: float
    by_autograd: float
    by_difference: float
    weight: float
    updated: float
    loss: float
    loss_after: float
    loss_after_weight: float


def one_step(
    model: Model,
    x: Tensor,
    label: int,
    *,
    rate: float = 0.1,
    output: int | None = None,
    feature: int | None = None,
) -> OneStep:
    """Take one step of plain gradient descent on the cross entropy of one image.

    Args:
        model: a classifier whose logits are a linear layer's output; it stays as it is.
        x: (1, C, H, W), preprocessed.
        label: the image's class.
        rate: learning rate.
        output: the class whose weight is followed; None: `label`.
        feature: the feature it leads from; None: the one with the longest gradient.

    Raises:
        BadInput: the logits are not a linear layer's output, or there is no such class or feature.
    """
    module = copy.deepcopy(model.module).double().eval().requires_grad_(requires_grad=True)
    image, wanted = x.double(), torch.tensor([label])
    head = find_head(module, image)
    linear = head.layer
    if not 0 <= label < linear.out_features:
        raise BadInput(f"There are classes 0 to {linear.out_features - 1}; {label} came.", code="label")
    logits = module(image)
    loss = cross_entropy(logits, wanted)
    parameters = list(module.parameters())
    gradients = torch.autograd.grad(loss, parameters, materialize_grads=True, allow_unused=True)
    own = next(each for part, each in zip(parameters, gradients, strict=True) if part is linear.weight)
    k = label if output is None else output
    j = int(own[k].abs().argmax()) if feature is None else feature
    weight, gradient = float(linear.weight[k, j].detach()), float(own[k, j])
    probability = float(logits.softmax(1)[0, k].detach())
    target, activation = float(k == label), float(head.features[0, j])

    def loss_with(value: float) -> float:
        with _with_value(linear.weight, (k, j), value):
            return float(cross_entropy(module(image), wanted))

    difference = (loss_with(weight + _EPSILON) - loss_with(weight - _EPSILON)) / (2 * _EPSILON)
    after_weight = loss_with(weight - rate * gradient)
    with torch.no_grad():
        for part, each in zip(parameters, gradients, strict=True):
            part.sub_(each, alpha=rate)
        after = float(cross_entropy(module(image), wanted))
    return OneStep(
        *(head.name, k, j, activation, tuple(logits[0].tolist()), probability, target),
        *((probability - target) * activation, gradient, difference, weight, weight - rate * gradient),
        *(float(loss.detach()), after, after_weight),
    )


@contextmanager
def _with_value(tensor: Tensor, index: tuple[int, int], value: float) -> Iterator[None]:
    with torch.no_grad():
        before = float(tensor[index])
        tensor[index] = value
        try:
            yield
        finally:
            tensor[index] = before


def step_of_epoch(epoch: Epoch, image: int, *, rate: float = 0.1) -> OneStep:
    """The step that the network of an epoch would take for one of its held-out images.

    Args:
        epoch: of a supervised run.
        image: which of the held-out images.
        rate: learning rate.

    Raises:
        BadInput: the image has no label, or the network no linear head.
    """
    position = epoch.data.held_out[image]
    label = int(epoch.data.labels[position])
    if label < 0:
        raise BadInput("This image has no label.", code="label")
    x = epoch.data.normalized(epoch.data.images[position][None])
    return one_step(epoch.model, x, label, rate=rate)
