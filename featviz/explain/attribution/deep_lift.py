"""DeepLIFT: how a target differs from its value at a baseline, by multipliers instead of gradients (rescale rule).

Formula: a nonlinearity has the multiplier (f(x) - f(b)) / (x - b) in place of its gradient; linear operations keep it.
Reference: Shrikumar et al. 2017, arXiv:1704.02685, section 3.5.1; captum's `DeepLift`.
Approximated: where |x - b| < 1e-10 the gradient is the multiplier; else the sum is f(x) - f(b) up to rounding.
Operations are intercepted, not modules, so activations may be functions, work in place or be used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.explain.attribution.baselines import Baseline, baseline_count, baseline_images
from featviz.explain.attribution.propagation_rules import (
    Operation,
    PropagationRules,
    Rule,
    with_surrogate_gradient,
)
from featviz.explain.attribution.registry import GRADIENT, METHODS, Partial, Seed
from featviz.explain.targets.score import TargetScore, seeded_generator
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Level, Range, SumsTo

_SAME = 1e-10
"""Differences below it, in the image's units, count as none: the gradient holds there."""

_MIXED = 1e-3
"""By what part of the larger one an answer may differ from that without the other image."""

_LINEAR = (
    *(F.conv2d, F.linear, F.avg_pool2d, F.adaptive_avg_pool2d),
    *(torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__, torch.sub, Tensor.sub, Tensor.__sub__),
    *(torch.sum, Tensor.sum, torch.mean, Tensor.mean),
)
_ELEMENTWISE = (
    *(F.relu, torch.relu, Tensor.relu, F.relu6, F.leaky_relu, F.elu, F.selu, F.hardtanh, F.hardswish),
    *(
        F.gelu,
        F.silu,
        F.mish,
        F.softplus,
        F.hardsigmoid,
        torch.sigmoid,
        Tensor.sigmoid,
        torch.tanh,
        Tensor.tanh,
    ),
)


class RescaleRule(PropagationRules):
    """Passes of a batch (2, ...), an image and its baseline; gradients of the image's half are multipliers.

    Args:
        model: the network.
    """

    def __init__(self, model: Model) -> None:
        rules: dict[Operation, Rule] = {F.max_pool2d: _rule_max_pool, F.batch_norm: self._rule_batch_norm}
        rules |= dict.fromkeys(_LINEAR, _rule_gradient)
        rules |= dict.fromkeys(_ELEMENTWISE, _rule_rescale)
        super().__init__(rules, method="deep_lift", network=model.name)

    def _rule_batch_norm(self, operation: Operation, *args: Any, **kwargs: Any) -> Tensor:
        return _rule_gradient(operation, **self.norm_arguments(args, kwargs))


@METHODS.register(
    "DeepLIFT",
    reference="Shrikumar et al. 2017, arXiv:1704.02685",
    passes=lambda *_, baseline, samples, **__: 2 * GRADIENT * baseline_count(baseline, samples),
    sums_to=SumsTo("f(x) - f(baseline)"),
    lesson="attribution/deep_lift.md",
)
def deep_lift(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    baseline: Baseline = "median",
    samples: Annotated[int, Range(1, 32), Level("all")] = 4,
    seed: Seed = 0,
) -> Iterator[Partial]:
    """How each pixel's difference from a baseline moved the target (rescale rule): sums to f(x) - f(baseline).

    Args:
        baseline: what the image is compared with.
        samples: over how many baselines to average, where they are drawn: noise or colours.
        seed: of what is drawn.

    Raises:
        BadInput: the network uses an operation without a rule, such as attention or products of two activations, or
            mixes an image with the baseline beside it.
    """
    score, total = TargetScore(model, target, keep_relu_order=True), torch.zeros_like(x[0])
    baselines = baseline_images(model, x, baseline, generator=seeded_generator(seed), count=samples)
    for number, baseline_image in enumerate(baselines, start=1):
        pair = torch.stack([x[0], baseline_image]).detach().requires_grad_()
        _refuse_mixing(model, score, pair.detach())
        with RescaleRule(model):
            values = score.run(pair).values
        (multipliers,) = score.gradients(values[:1], [pair])
        if multipliers is not None:
            total = total + multipliers[0] * (x[0] - baseline_image)
        yield Partial(number, len(baselines), total / number)


def _refuse_mixing(model: Model, score: TargetScore, pair: Tensor) -> None:
    """Refuse a network whose answer for one of the two depends on the other, which the rule knows nothing of."""
    if not model.behavior.joint:
        return
    alone = score(pair)  # image by image
    try:
        with torch.no_grad():
            together = score.run(pair).values
    except BadInput:
        together = None
    if together is None or bool((together - alone).abs().amax() > _MIXED * alone.abs().amax()):
        raise BadInput(
            f"deep_lift passes an image and its baseline in one batch, and {model.name} mixes the images of a batch or "
            "takes one alone: choose integrated_gradients, which works for every network.",
            code="deep_lift",
        )


def _rule_gradient(operation: Operation, *args: Any, **kwargs: Any) -> Tensor:
    output: Tensor = operation(*args, **kwargs)
    return output


def _rule_rescale(operation: Operation, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """An elementwise nonlinearity: its gradient is its difference over that of its input."""
    leaf = x.detach().clone().requires_grad_()
    output: Tensor = operation(leaf, *args, **kwargs)
    (gradient,) = torch.autograd.grad(output.sum(), leaf)
    value, fixed = output.detach(), x.detach()
    output_difference, input_difference = value[:1] - value[1:], fixed[:1] - fixed[1:]
    same = input_difference.abs() < _SAME
    return with_surrogate_gradient(
        x * torch.where(same, gradient, output_difference / torch.where(same, 1, input_difference)), value
    )


def _rule_max_pool(_operation: Operation, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Max pooling: a rise is the winner's of the image, a fall the winner's of the baseline."""
    value, indices = F.max_pool2d_with_indices(x.detach(), *args, **{**kwargs, "return_indices": True})
    fixed = x.detach()
    highest = torch.maximum(value[:1], value[1:])
    same = (fixed[:1] - fixed[1:]).abs() < _SAME
    share = torch.where(same, 0, x[:1] / torch.where(same, 1, fixed[:1] - fixed[1:]))
    up = (highest - value[1:]) * _gather(share, indices[:1])
    down = (value[:1] - highest) * _gather(share, indices[1:])
    still = _gather(torch.where(same, x[:1], 0), indices[:1])
    return with_surrogate_gradient((up + down + still).expand_as(value), value)


def _gather(maps: Tensor, indices: Tensor) -> Tensor:
    """The values of maps (1, C, H, W) at flat indices (1, C, h, w)."""
    return maps.flatten(2).gather(2, indices.flatten(2)).reshape(indices.shape)
