"""Dead starts: gradients that lead out of where every ReLU is silent."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

__all__ = ["RedirectedReLUs"]

_FRESH = (F.relu, torch.relu, Tensor.relu, F.relu6)
_IN_PLACE = (F.relu_, torch.relu_, Tensor.relu_)


class _RedirectedReLU(torch.autograd.Function):
    """ReLU forward. Backward the same, except for pictures whose whole gradient would end here.

    For those, what would wake a silent unit passes (Olah et al. 2017, Lucid's redirected ReLU).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, ceiling: float) -> Tensor:
        # masks, as the input itself may be overwritten in place
        ctx.save_for_backward(x <= 0, *([x >= ceiling] if math.isfinite(ceiling) else []))
        return x.clamp(min=0, max=ceiling)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        gradient = gradients[0]
        silent, *full = ctx.saved_tensors
        plain = gradient.masked_fill(silent | full[0] if full else silent, 0)
        blocked = torch.linalg.vector_norm(plain.flatten(1), math.inf, dim=1) == 0
        # picture by picture, as few of a batch are ever blocked
        for n in blocked.nonzero().flatten().tolist():
            plain[n] = gradient[n] * (silent[n] & (gradient[n] > 0))
            for ceiling in full:
                plain[n] += gradient[n] * (ceiling[n] & (gradient[n] < 0))
        return plain, None


class RedirectedReLUs(TorchFunctionMode):
    """Inside the `with`, every ReLU of this thread redirects gradients that would end in it.

    A function mode is local to its thread, so nobody else's gradients change.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, redirected where it is a ReLU."""
        given = kwargs or {}
        if func not in (*_FRESH, *_IN_PLACE):
            return func(*args, **given)
        x = args[0] if args else given["input"]
        redirected = _RedirectedReLU.apply(x, 6.0 if func is F.relu6 else float("inf"))
        in_place = func in _IN_PLACE or given.get("inplace") or (len(args) > 1 and args[1])
        return x.copy_(redirected) if in_place else redirected
