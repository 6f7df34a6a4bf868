"""Layer-wise relevance propagation: a target's value is handed back, layer by layer, in proportion.

Relevance is activation times a modified gradient, so each rule is a forward pass whose value is the layer's own
and whose gradient is the rule's (Montavon et al. 2019, section 10.2): `R_in = x * dz/dx * R_out / z`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.attribution.propagation_rules import Operation, Rule, Rules, credited, named
from featviz.explain.attribution.registry import GRADIENT, METHODS
from featviz.explain.targets.score import Scores
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Range, SumsTo

First = Literal["zplus", "flat"]

_CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
_LINEAR = ("input", "weight", "bias")
_NORM = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
_WINNERS = (F.relu, torch.relu, Tensor.relu, F.max_pool2d, torch.max_pool2d, F.adaptive_max_pool2d)
_SUMS = (
    *(torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__, torch.sub, Tensor.sub, Tensor.__sub__),
    *(torch.sum, Tensor.sum, torch.mean, Tensor.mean, F.avg_pool2d, F.adaptive_avg_pool2d),
)


class _Convolved(NamedTuple):
    """A convolution's output, as new as it was, and the arguments that it came from."""

    output: Tensor
    version: int
    arguments: dict[str, Any]


class Relevance(Rules):
    """Epsilon-plus: z-plus for convolutions, epsilon for dense layers, shares for sums, the winner for maxima.

    A batch norm is folded into the convolution whose output it is given.

    Args:
        model: the network.
        epsilon: added to the size of every denominator.
        ones: takes the place of the picture in the first layer where that is to be flat, else None.
    """

    def __init__(self, model: Model, epsilon: float, ones: Tensor | None) -> None:
        rules: dict[Operation, Rule] = dict.fromkeys(_SUMS, self._shared)
        rules |= dict.fromkeys(_WINNERS, _plain) | dict.fromkeys((F.relu6, F.hardtanh), _passed)
        rules |= {F.conv2d: self._convolution, F.linear: self._dense, F.batch_norm: self._folded}
        super().__init__(rules, method="lrp", network=model.name)
        self.epsilon, self.ones = epsilon, ones
        self._last: _Convolved | None = None
        self._first: Tensor | None = None

    def _convolution(self, operation: Operation, *args: Any, **given: Any) -> Tensor:
        found = named(_CONVOLUTION, args, given)
        x, weight, bias = found["input"], found["weight"], found.get("bias")
        rest = {name: value for name, value in found.items() if name not in _LINEAR}

        def apply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
            output: Tensor = operation(x, weight, bias, **rest)
            return output

        value = apply(x, weight, bias)
        way = self._flat(apply, x, weight)
        if way is None:
            above = bias if bias is None else bias.clamp(min=0)
            way = apply(x.clamp(min=0), weight.clamp(min=0), above)
            if x.detach().amin() < 0:
                way = way + apply(x.clamp(max=0), weight.clamp(max=0))
        output = self._proportional(way, value)
        self._last = _Convolved(output, output._version, found)
        return output

    def _dense(self, operation: Operation, *args: Any, **given: Any) -> Tensor:
        found = named(_LINEAR, args, given)
        value = operation(**found)
        way = self._flat(operation, found["input"], found["weight"])
        return self._proportional(value if way is None else way, value)

    def _folded(self, _operation: Operation, *args: Any, **given: Any) -> Tensor:
        """A batch norm: the convolution before it anew, with weights that do both; none before it is refused."""
        found, last = named(_NORM, args, given), self._last
        x, mean = found["input"], found.get("running_mean")
        if last is None or last.output is not x or x._version != last.version or mean is None:
            raise self.refusal("a batch norm without a convolution before it")
        weight, bias = last.arguments["weight"], last.arguments.get("bias")
        scale = (found["running_var"] + found.get("eps", 1e-5)).rsqrt()
        scale = scale if found.get("weight") is None else scale * found["weight"]
        shift = -mean if bias is None else bias - mean
        shift = shift * scale if found.get("bias") is None else shift * scale + found["bias"]
        folded = {"weight": weight * scale[:, None, None, None], "bias": shift}
        return self._convolution(F.conv2d, **(last.arguments | folded))

    def _flat(self, apply: Callable[..., Tensor], x: Tensor, weight: Tensor) -> Tensor | None:
        """The way through the first layer that treats all its pixels alike; None for any other layer."""
        self._first = x if self._first is None else self._first
        if self.ones is None or x is not self._first:
            return None
        if self.ones.numel() != x.numel():
            raise self.refusal("a flat first layer that does not read the picture itself")
        return apply(self.ones.reshape(x.shape), torch.ones_like(weight))

    def _shared(self, operation: Operation, *args: Any, **given: Any) -> Tensor:
        value = operation(*args, **given)
        return self._proportional(value, value)

    def _proportional(self, way: Tensor, value: Tensor) -> Tensor:
        """The value, with the gradient `value / way` times that of the way, so that relevance is shared by it."""
        fixed = way.detach()
        size = fixed + torch.where(fixed < 0, -self.epsilon, self.epsilon)
        return credited(way * (value.detach() / size), value)


@METHODS.register(
    "LRP (epsilon-plus)",
    reference="Bach et al. 2015, doi:10.1371/journal.pone.0130140; Montavon et al. 2019",
    passes=2 * GRADIENT,
    sums_to=SumsTo("f(x)", unless="a network's biases keep their share"),
    lesson="attribution/lrp.md",
)
def lrp(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    epsilon: Annotated[float, Range(1e-12, 1)] = 1e-6,
    first: First = "zplus",
) -> Tensor:
    """The target's value, shared out backwards: convolutions by what is positive, dense layers by all (epsilon).

    Sums are shared by size, a maximum goes to its winner, batch norm is folded. Without biases the map sums to
    the target's value; biases keep their share.

    Args:
        epsilon: added to the size of each denominator; larger is smoother and loses more.
        first: rule of the layer that reads the picture: "zplus" as all others, "flat" alike for all its pixels.

    Raises:
        BadInput: the network uses an operation without a rule, such as attention, products or SiLU.
    """
    leaf = x.detach().clone().requires_grad_()
    ones = torch.ones_like(x).requires_grad_() if first == "flat" else None
    scores = Scores(model, target, as_written=True)
    with Relevance(model, epsilon, ones):
        values = scores.run(leaf).values
    slopes = scores.derivatives(values, [leaf] if ones is None else [leaf, ones])
    places = (x, torch.ones_like(x))
    shares = [slope * place for slope, place in zip(slopes, places, strict=False) if slope is not None]
    return torch.cat([torch.zeros_like(x), *shares]).sum(0)


def _plain(operation: Operation, *args: Any, **given: Any) -> Tensor:
    output: Tensor = operation(*args, **given)
    return output


def _passed(operation: Operation, x: Tensor, *args: Any, **given: Any) -> Tensor:
    """An activation hands on all its relevance: its gradient is output / input."""
    value: Tensor = operation(x, *args, **given)
    fixed = x.detach()
    return credited(x * (value.detach() / torch.where(fixed == 0, 1, fixed)), value)
