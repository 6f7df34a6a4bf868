"""Guided backpropagation: a ReLU whose backward pass keeps positive gradients alone."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from featviz.errors import BadInput
from featviz.explain.attribution.registry import GRADIENT, METHODS
from featviz.explain.targets.score import TargetScore
from featviz.explain.targets.units import Channel, Neuron, Target
from featviz.models.model import Model

_FRESH = (F.relu, torch.relu, Tensor.relu)
_INPLACE = (F.relu_, torch.relu_, Tensor.relu_)
_COUNTS = "guided_backprop.activations"
_OTHERS = (
    *(
        F.gelu,
        F.silu,
        F.mish,
        F.hardswish,
        F.leaky_relu,
        F.leaky_relu_,
        F.prelu,
        F.elu,
        F.elu_,
        F.selu,
        F.celu,
    ),
    *(F.softplus, F.relu6, F.hardtanh, F.hardtanh_, torch.clamp, torch.clamp_, Tensor.clamp, Tensor.clamp_),
)


class _GuidedReLU(torch.autograd.Function):
    """ReLU forward; backward, only positive gradients of positive inputs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, inplace: bool) -> Tensor:
        if inplace:
            ctx.mark_dirty(x)
        output = x.clamp_(min=0) if inplace else x.clamp(min=0)
        ctx.save_for_backward(output)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (output,) = ctx.saved_tensors
        # `where` takes ten times as long
        return torch.ops.aten.threshold_backward(gradients[0], output, 0).clamp_(min=0), None


class GuidedReLUs(TorchFunctionMode):
    """Inside the `with`, every ReLU of this thread is a guided one, whether a module or a function.

    A function mode is local to its thread, so nobody else's gradients change.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = self.others = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, guided where it is a ReLU."""
        keywords = kwargs or {}
        self.others += func in _OTHERS
        if func not in (*_FRESH, *_INPLACE):
            return func(*args, **keywords)
        self.count += 1
        x = args[0] if args else keywords["input"]
        inplace = func in _INPLACE or keywords.get("inplace") or (len(args) > 1 and args[1])
        return _GuidedReLU.apply(x, bool(inplace))


def guidance_notes(model: Model, target: Target) -> tuple[str, ...]:
    """After a run, that some activations of the network are no ReLUs, and were not guided; nothing where all are.

    Args:
        model: the network.
        target: of the run.
    """
    guided, others = model.remember((_COUNTS, repr(target)), lambda: (0, 0))
    if not guided or not others:
        return ()
    return (
        f"{guided} of {guided + others} activations are ReLUs and were guided; the others kept their own gradient, so "
        "that this is guided backpropagation in part.",
    )


@METHODS.register(
    "Guided backpropagation",
    reference="Springenberg et al. 2015, arXiv:1412.6806",
    passes=GRADIENT,
    lesson="attribution/guided_backprop.md",
)
def guided_backprop(model: Model, x: Tensor, target: Target) -> Tensor:
    """The gradient without what argues against the target at any ReLU; sharp, but nearly blind to weights.

    Raises:
        BadInput: the network has no ReLU on the way, so that this would be the plain gradient.
    """
    score, _planned = TargetScore(model, target, keep_relu_order=True), model.execution
    with GuidedReLUs() as relus:
        result = score.gradient(x)[0]
    if relus.count == 0:
        raise BadInput(
            f"{model.name} has no ReLU to guide: guided backpropagation would be the gradient. Choose gradient.",
            code="no_relu",
        )
    if not isinstance(target, (Channel, Neuron)):  # of a layer's, the first run may hold passes that plan
        model.remember((_COUNTS, repr(target)), lambda: (relus.count, relus.others))
    return result
