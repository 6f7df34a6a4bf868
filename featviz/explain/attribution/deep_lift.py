"""DeepLIFT: how a target differs from its value at a baseline, each activation passing on its own difference.

Every nonlinearity gets, in place of its gradient, its difference in output over that in input (the rescale rule).
Its operations are watched, not its modules, so activations may be functions, work in place or be used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.attribution.baselines import Baseline, baseline_count, baseline_pictures
from featviz.explain.attribution.propagation_rules import Operation, Rule, Rules, credited
from featviz.explain.attribution.registry import GRADIENT, METHODS, Partial, Seed
from featviz.explain.targets.score import Scores, private
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Range, SumsTo

_SAME = 1e-10
"""Differences below it, in the picture's units, count as none: the gradient holds there."""

_LINEAR = (
    *(F.conv2d, F.linear, F.batch_norm, F.avg_pool2d, F.adaptive_avg_pool2d),
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


class Rescaling(Rules):
    """Passes of a batch (2, ...), a picture and its baseline; gradients of the picture's half are multipliers.

    Args:
        model: the network.
    """

    def __init__(self, model: Model) -> None:
        rules: dict[Operation, Rule] = {F.max_pool2d: _pooled}
        rules |= dict.fromkeys(_LINEAR, _plain)
        rules |= dict.fromkeys(_ELEMENTWISE, _rescaled)
        super().__init__(rules, method="deep_lift", network=model.name)


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
    samples: Annotated[int, Range(1, 32)] = 4,
    seed: Seed = 0,
) -> Iterator[Partial]:
    """How each pixel's difference from a baseline moved the target (rescale rule): sums to f(x) - f(baseline).

    Args:
        baseline: what the picture is compared with.
        samples: over how many baselines to average, where they are drawn: noise or colours.
        seed: of what is drawn.

    Raises:
        BadInput: the network uses an operation without a rule, such as attention or products of two activations.
    """
    scores, total = Scores(model, target, as_written=True), torch.zeros_like(x[0])
    begins = baseline_pictures(model, x, baseline, generator=private(seed), count=samples)
    for number, begin in enumerate(begins, start=1):
        pair = torch.stack([x[0], begin]).detach().requires_grad_()
        with Rescaling(model):
            values = scores.run(pair).values
        (multipliers,) = scores.derivatives(values[:1], [pair])
        if multipliers is not None:
            total = total + multipliers[0] * (x[0] - begin)
        yield Partial(number, len(begins), total / number)


def _plain(operation: Operation, *args: Any, **given: Any) -> Tensor:
    output: Tensor = operation(*args, **given)
    return output


def _rescaled(operation: Operation, x: Tensor, *args: Any, **given: Any) -> Tensor:
    """An elementwise nonlinearity: its gradient is its difference over that of its input."""
    leaf = x.detach().clone().requires_grad_()
    output: Tensor = operation(leaf, *args, **given)
    (slope,) = torch.autograd.grad(output.sum(), leaf)
    value, fixed = output.detach(), x.detach()
    rise, run = value[:1] - value[1:], fixed[:1] - fixed[1:]
    same = run.abs() < _SAME
    return credited(x * torch.where(same, slope, rise / torch.where(same, 1, run)), value)


def _pooled(_operation: Operation, x: Tensor, *args: Any, **given: Any) -> Tensor:
    """Max pooling: a rise is the winner's of the picture, a fall the winner's of the baseline."""
    value, places = F.max_pool2d_with_indices(x.detach(), *args, **{**given, "return_indices": True})
    fixed = x.detach()
    highest = torch.maximum(value[:1], value[1:])
    same = (fixed[:1] - fixed[1:]).abs() < _SAME
    share = torch.where(same, 0, x[:1] / torch.where(same, 1, fixed[:1] - fixed[1:]))
    up = (highest - value[1:]) * _at(share, places[:1])
    down = (value[:1] - highest) * _at(share, places[1:])
    still = _at(torch.where(same, x[:1], 0), places[:1])
    return credited((up + down + still).expand_as(value), value)


def _at(maps: Tensor, places: Tensor) -> Tensor:
    """The values of maps (1, C, H, W) at flat places (1, C, h, w)."""
    return maps.flatten(2).gather(2, places.flatten(2)).reshape(places.shape)
