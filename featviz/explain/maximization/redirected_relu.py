"""Redirected ReLU: a gradient where every ReLU of an image is inactive, as at a dead start."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

__all__ = ["RedirectedReLUs"]

_FRESH = (F.relu, torch.relu, Tensor.relu, F.relu6, F.hardtanh)
_INPLACE = (F.relu_, torch.relu_, Tensor.relu_)
# nn.ReLU6 is a hardtanh from 0 to 6
_BOUNDS = {F.relu6: (0.0, 6.0), F.hardtanh: (-1.0, 1.0)}


class _RedirectedReLU(torch.autograd.Function):
    """ReLU forward. Backward the same, except for images whose whole gradient would end here.

    For those, what would wake a silent unit passes (Olah et al. 2017, Lucid's redirected ReLU).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, ceiling: float) -> Tensor:
        passed = x.clamp(min=0, max=ceiling)
        # as ReLU does: what comes out, since the input may be overwritten in place
        ctx.save_for_backward(passed)
        ctx.ceiling = ceiling
        return passed

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        gradient = gradients[0]
        (passed,) = ctx.saved_tensors
        plain: Tensor = torch.ops.aten.threshold_backward(gradient, passed, 0)
        if math.isfinite(ctx.ceiling):
            plain = plain.masked_fill(passed >= ctx.ceiling, 0)
        blocked = torch.linalg.vector_norm(plain.flatten(1), math.inf, dim=1) == 0
        # image by image, as few of a batch are ever blocked
        for n in blocked.nonzero().flatten().tolist():
            at_image, silent, full = gradient[n], passed[n] <= 0, passed[n] >= ctx.ceiling
            plain[n] = at_image * ((silent & (at_image > 0)) | (full & (at_image < 0)))
        return plain, None


class RedirectedReLUs(TorchFunctionMode):
    """Inside the `with`, every ReLU of this thread redirects gradients that would end in it.

    A function mode is local to its thread, so nobody else's gradients change.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, redirected where it is a ReLU."""
        names = ("input", "min_val", "max_val", "inplace") if func is F.hardtanh else ("input", "inplace")
        arguments = dict(zip(names, args, strict=False)) | (kwargs or {})
        lower, upper = _BOUNDS.get(func, (0.0, math.inf))
        if func not in (*_FRESH, *_INPLACE) or arguments.get("min_val", lower) != 0:
            return func(*args, **(kwargs or {}))
        redirected = _RedirectedReLU.apply(arguments["input"], arguments.get("max_val", upper))
        return (
            arguments["input"].copy_(redirected)
            if func in _INPLACE or arguments.get("inplace")
            else redirected
        )
