"""Layer-wise relevance propagation: a target's value is propagated back, layer by layer, in proportion.

Formula: R_in = x * dz/dx * R_out / (z + eps * sign(z)), with z the rule's modified output: the layer's own for
epsilon, that of positive parts for z-plus, that of ones for flat.
Reference: Bach et al. 2015, doi:10.1371/journal.pone.0130140; Montavon et al. 2019, section 10.2; zennit's rules.
Each rule is a forward pass with the layer's own value and the gradient of `modified_output`, so autograd propagates.
Approximated: eps (1e-6) absorbs relevance where z is near 0, and biases keep their share; without either the sum of
R is conserved up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.attribution.propagation_rules import (
    Operation,
    PropagationRules,
    Rule,
    bind_arguments,
    with_surrogate_gradient,
)
from featviz.explain.attribution.registry import GRADIENT, METHODS
from featviz.explain.targets.score import TargetScore
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Level, Range, SumsTo

First = Annotated[Literal["zplus", "flat"], Level("all")]

_CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
_LINEAR = ("input", "weight", "bias")
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


class EpsilonPlus(PropagationRules):
    """Epsilon-plus: z-plus for convolutions, epsilon for dense layers, shares for sums, the winner for maxima.

    A batch norm is folded into the convolution whose output it is given.

    Args:
        model: the network.
        epsilon: added to the size of every denominator.
        ones: takes the place of the image in the first layer where that is to be flat, else None.
    """

    def __init__(self, model: Model, epsilon: float, ones: Tensor | None) -> None:
        rules: dict[Operation, Rule] = dict.fromkeys(_SUMS, self._rule_epsilon)
        rules |= dict.fromkeys(_WINNERS, _rule_gradient) | dict.fromkeys((F.relu6, F.hardtanh), _rule_pass)
        rules |= {
            F.conv2d: self._rule_zplus,
            F.linear: self._rule_linear,
            F.batch_norm: self._fold_batch_norm,
        }
        super().__init__(rules, method="lrp", network=model.name)
        self.epsilon, self.ones = epsilon, ones
        self._last: _Convolved | None = None
        self._first: Tensor | None = None

    def _rule_zplus(self, operation: Operation, *args: Any, **kwargs: Any) -> Tensor:
        arguments = bind_arguments(_CONVOLUTION, args, kwargs)
        x, weight, bias = arguments["input"], arguments["weight"], arguments.get("bias")
        rest = {name: value for name, value in arguments.items() if name not in _LINEAR}

        def apply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
            output: Tensor = operation(x, weight, bias, **rest)
            return output

        value = apply(x, weight, bias)
        modified_output = self._flat_output(apply, x, weight)
        if modified_output is None:
            above = bias if bias is None else bias.clamp(min=0)
            modified_output = apply(x.clamp(min=0), weight.clamp(min=0), above)
            if x.detach().amin() < 0:
                modified_output = modified_output + apply(x.clamp(max=0), weight.clamp(max=0))
        output = self._distribute(modified_output, value)
        self._last = _Convolved(output, output._version, arguments)
        return output

    def _rule_linear(self, operation: Operation, *args: Any, **kwargs: Any) -> Tensor:
        """The epsilon rule of a dense layer; the flat rule where it is the first."""
        arguments = bind_arguments(_LINEAR, args, kwargs)
        value = operation(**arguments)
        modified_output = self._flat_output(operation, arguments["input"], arguments["weight"])
        return self._distribute(value if modified_output is None else modified_output, value)

    def _fold_batch_norm(self, _operation: Operation, *args: Any, **kwargs: Any) -> Tensor:
        """A batch norm: z-plus of the convolution before it with folded weights; without one it is refused."""
        arguments, last = self.norm_arguments(args, kwargs), self._last
        x, mean = arguments["input"], arguments["running_mean"]
        if last is None or last.output is not x or x._version != last.version:
            raise self.refusal("a batch norm without a convolution before it")
        weight, bias = last.arguments["weight"], last.arguments.get("bias")
        scale = (arguments["running_var"] + arguments.get("eps", 1e-5)).rsqrt()
        scale = scale if arguments.get("weight") is None else scale * arguments["weight"]
        shift = -mean if bias is None else bias - mean
        shift = shift * scale if arguments.get("bias") is None else shift * scale + arguments["bias"]
        folded = {"weight": weight * scale[:, None, None, None], "bias": shift}
        return self._rule_zplus(F.conv2d, **(last.arguments | folded))

    def _flat_output(self, apply: Callable[..., Tensor], x: Tensor, weight: Tensor) -> Tensor | None:
        """The flat rule's modified output of the first layer, equal for all its inputs; None for any other layer."""
        self._first = x if self._first is None else self._first
        if self.ones is None or x is not self._first:
            return None
        if self.ones.numel() != x.numel():
            raise self.refusal("a flat first layer that does not read the image itself")
        return apply(self.ones.reshape(x.shape), torch.ones_like(weight))

    def _rule_epsilon(self, operation: Operation, *args: Any, **kwargs: Any) -> Tensor:
        """The epsilon rule of a sum or a mean."""
        value = operation(*args, **kwargs)
        return self._distribute(value, value)

    def _distribute(self, modified_output: Tensor, value: Tensor) -> Tensor:
        """`value`, with the gradient of `modified_output` times value / (modified_output + epsilon * its sign)."""
        fixed = modified_output.detach()
        stabilized = fixed + torch.where(fixed < 0, -self.epsilon, self.epsilon)
        return with_surrogate_gradient(modified_output * (value.detach() / stabilized), value)


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
    epsilon: Annotated[float, Range(1e-12, 1), Level("all")] = 1e-6,
    first: First = "zplus",
) -> Tensor:
    """The target's value, shared out backwards: convolutions by what is positive, dense layers by all (epsilon).

    Sums are shared by size, a maximum goes to its winner, batch norm is folded. Without biases the map sums to
    the target's value; biases keep their share.

    Args:
        epsilon: added to the size of each denominator; larger is smoother and loses more.
        first: rule of the layer that reads the image: "zplus" as all others, "flat" alike for all its pixels.

    Raises:
        BadInput: the network uses an operation without a rule, such as attention, products or SiLU.
    """
    leaf = x.detach().clone().requires_grad_()
    ones = torch.ones_like(x).requires_grad_() if first == "flat" else None
    score = TargetScore(model, target, keep_relu_order=True)
    with EpsilonPlus(model, epsilon, ones):
        values = score.run(leaf).values
    gradients = score.gradients(values, [leaf] if ones is None else [leaf, ones])
    inputs = (x, torch.ones_like(x))
    shares = [
        gradient * value for gradient, value in zip(gradients, inputs, strict=False) if gradient is not None
    ]
    return torch.cat([torch.zeros_like(x), *shares]).sum(0)


def _rule_gradient(operation: Operation, *args: Any, **kwargs: Any) -> Tensor:
    output: Tensor = operation(*args, **kwargs)
    return output


def _rule_pass(operation: Operation, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Pass rule: an activation function passes on all its relevance, with the gradient output / input."""
    value: Tensor = operation(x, *args, **kwargs)
    fixed = x.detach()
    return with_surrogate_gradient(x * (value.detach() / torch.where(fixed == 0, 1, fixed)), value)
