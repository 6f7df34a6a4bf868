"""A quicker way back to the picture through the convolution that reads it.

The usual way back, for which three channels are too few to be worth its while, takes a tenth of a resnet50's
gradient. One ordinary convolution that makes each of the stride x stride phases of the pixels a channel, and a
shuffle of the phases into their places, do the same in half the time (Shi et al. 2016, arXiv:1609.05158).
Where only the sum of a batch's gradients is wanted, the way back is gone once, for the sum: it is linear.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from featviz.models.execution.prepacked_weights import LaidOut, WeightLayouts

__all__ = ["QuickWayBack", "go_back_quickly"]

_CHANNELS = 4
_Pair: TypeAlias = tuple[int, int]


class QuickWayBack(LaidOut):
    """Inside the `with`, convolution modules go back to a picture the quicker way; the others read laid out weights.

    A function mode is local to its thread, so nobody else's passes change.

    Args:
        layouts: of the network's weights; None leaves the other convolutions as they are.
        shift: a leaf (1, C, H, W) that was added to each picture, where their summed gradients are wanted.
        batch: the pictures (N, C, H, W) that this made.
    """

    def __init__(
        self,
        layouts: WeightLayouts | None = None,
        *,
        shift: Tensor | None = None,
        batch: Tensor | None = None,
    ) -> None:
        super().__init__(layouts or WeightLayouts())
        # no tensor but the untouched batch has this node: an operation in place would give it another
        self._shift, self._added = shift, None if batch is None else batch.grad_fn

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation."""
        if func is torch.conv2d and not kwargs and _fits(*args):
            x, rest = args[0], args[1:5]
            together = self._shift is not None and x.grad_fn is self._added
            return _applied(*((x.detach(), self._shift) if together else (x, None)), *rest)
        return super().__torch_function__(func, types, args, kwargs)


def go_back_quickly(replica: nn.Module) -> None:
    """Let a private replica's convolutions go back to a picture the quicker way, without a mode: for many passes."""
    for module in replica.modules():
        if type(module) is nn.Conv2d and module.in_channels <= _CHANNELS and module.padding_mode == "zeros":
            # in its place wherever the network refers to it
            module.__class__ = _PictureConvolution
            assert isinstance(module, _PictureConvolution)  # noqa: S101 - as it says
            module.lay_out()


class _PictureConvolution(nn.Conv2d):
    _back: Tensor | None = None

    def lay_out(self) -> None:
        """Make the weights of the way back, once for all passes."""
        self._back = _phases(self.weight.detach(), self.stride[0])

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if _fits(x, weight, bias, self.stride, self.padding, self.dilation, self.groups):
            return _applied(x, None, weight, bias, self.stride, self.padding, self._back)
        found: Tensor = super()._conv_forward(x, weight, bias)
        return found


def _fits(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = None,
    padding: Any = None,
    dilation: Any = None,
    groups: Any = None,
) -> bool:
    """Whether it is called as nn.Conv2d calls it, on pictures that want a gradient, with frozen weights."""
    pictures = x.ndim == 4 and x.shape[1] <= _CHANNELS and x.requires_grad
    frozen = not weight.requires_grad and (bias is None or not bias.requires_grad)
    square = isinstance(stride, tuple) and len({*stride}) == 1
    return pictures and frozen and square and isinstance(padding, tuple) and (dilation, groups) == ((1, 1), 1)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        _shift: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        stride: _Pair,
        padding: _Pair,
        phases: Tensor | None = None,
    ) -> Tensor:
        ctx.save_for_backward(weight, phases)
        ctx.stride, ctx.padding, ctx.size, ctx.dtype = stride[0], padding, x.shape[-2:], x.dtype
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        weight, phases = ctx.saved_tensors
        back = _added_up(slopes[0]) if ctx.needs_input_grad[1] else slopes[0]
        phases = (_phases(weight, ctx.stride) if phases is None else phases).to(back)
        reach = (phases.shape[-2] - 1, phases.shape[-1] - 1)
        padded = _shuffled(F.conv2d(back, phases, padding=reach).to(ctx.dtype), ctx.stride)
        (top, left), (height, width) = ctx.padding, ctx.size
        found = padded[..., top : top + height, left : left + width]
        # pixels behind the last window that fits were never read
        unread = (0, width - found.shape[-1], 0, height - found.shape[-2])
        found = F.pad(found, unread) if any(unread) else found
        one, all_together = (None, found) if ctx.needs_input_grad[1] else (found, None)
        return one, all_together, None, None, None, None, None


_applied: Callable[..., Tensor] = _Convolution.apply


def _added_up(slopes: Tensor) -> Tensor:
    """The sum over a batch, (1, C, H, W), as one product over memory as it lies: `sum` takes several times as long."""
    last = slopes.is_contiguous(memory_format=torch.channels_last)
    laid_out = slopes.permute(0, 2, 3, 1) if last else slopes
    total = slopes.new_ones(1, len(slopes)) @ laid_out.reshape(len(slopes), -1)
    total = total.reshape(1, *laid_out.shape[1:])
    return total.permute(0, 3, 1, 2) if last else total


def _shuffled(phases: Tensor, stride: int) -> Tensor:
    """`F.pixel_shuffle` to pictures that lie plane by plane, however the phases lie, in one copy."""
    count, channels, height, width = phases.shape
    colours = channels // stride**2
    apart = phases.view(count, colours, stride, stride, height, width).permute(0, 1, 4, 2, 5, 3)
    return apart.reshape(count, colours, height * stride, width * stride)


def _phases(weight: Tensor, stride: int) -> Tensor:
    """Weights (out, in, H, W) of the way there -> those of the way back, (in * stride * stride, out, h, w)."""
    out, channels, height, width = weight.shape
    tall, wide = -(-height // stride), -(-width // stride)
    whole = F.pad(weight, (0, wide * stride - width, 0, tall * stride - height))
    parts = whole.reshape(out, channels, tall, stride, wide, stride).flip(2, 4).permute(1, 3, 5, 0, 2, 4)
    return parts.reshape(-1, out, tall, wide).contiguous(memory_format=torch.channels_last)
