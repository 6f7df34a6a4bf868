"""Fast gradient of a network's first convolution for the image it reads.

Formula: a convolution with stride s has the transposed convolution as the gradient of its input. Split into its
s x s phases, that is one ordinary convolution with s * s * C output channels and a pixel shuffle, equal term by
term (Shi et al. 2016, arXiv:1609.05158). oneDNN's transposed convolution is slow for three channels, a tenth of a
resnet50's gradient; this takes half of that. Nothing is approximated; only the order of summation differs. Where
only the sum of a batch's gradients is read, it is computed once, from the summed `grad_output`: it is linear.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from featviz.models.execution.prepacked_weights import PrepackedWeights, UsePrepacked

__all__ = ["FastInputGradient", "use_fast_input_gradient"]

_CHANNELS = 4
_Pair: TypeAlias = tuple[int, int]


class FastInputGradient(UsePrepacked):
    """Inside the `with`, convolutions of an image use the fast gradient; the others read prepacked weights.

    A function mode is local to its thread, so passes in other threads stay as they are.

    Args:
        prepacked: of the network's weights; None leaves the other convolutions as they are.
        shift: a leaf (1, C, H, W) that was added to each image, where the sum of their gradients is read.
        batch: the images (N, C, H, W) after that addition.
    """

    def __init__(
        self,
        prepacked: PrepackedWeights | None = None,
        *,
        shift: Tensor | None = None,
        batch: Tensor | None = None,
    ) -> None:
        super().__init__(prepacked or PrepackedWeights())
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


def use_fast_input_gradient(replica: nn.Module) -> None:
    """Give a private replica's convolutions of images the fast gradient for good: no mode is entered in each pass."""
    for module in replica.modules():
        if type(module) is nn.Conv2d and module.in_channels <= _CHANNELS and module.padding_mode == "zeros":
            # in its place wherever the network refers to it
            module.__class__ = _ImageConvolution
            assert isinstance(module, _ImageConvolution)  # noqa: S101 - as it says
            module.prepare()


class _ImageConvolution(nn.Conv2d):
    _backward_weight: Tensor | None = None

    def prepare(self) -> None:
        """Compute the weights of the gradient, once for all passes."""
        self._backward_weight = _phases(self.weight.detach(), self.stride[0])

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if _fits(x, weight, bias, self.stride, self.padding, self.dilation, self.groups):
            return _applied(x, None, weight, bias, self.stride, self.padding, self._backward_weight)
        output: Tensor = super()._conv_forward(x, weight, bias)
        return output


def _fits(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = None,
    padding: Any = None,
    dilation: Any = None,
    groups: Any = None,
) -> bool:
    """Whether it is called as nn.Conv2d calls it, on images that require a gradient, with frozen weights."""
    are_images = x.ndim == 4 and x.shape[1] <= _CHANNELS and x.requires_grad
    are_frozen = not weight.requires_grad and (bias is None or not bias.requires_grad)
    is_square = isinstance(stride, tuple) and len({*stride}) == 1
    return (
        are_images
        and are_frozen
        and is_square
        and isinstance(padding, tuple)
        and (dilation, groups) == ((1, 1), 1)
    )


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
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        weight, phases = ctx.saved_tensors
        grad_output = _sum_over_batch(grad_outputs[0]) if ctx.needs_input_grad[1] else grad_outputs[0]
        phases = (_phases(weight, ctx.stride) if phases is None else phases).to(grad_output)
        reach = (phases.shape[-2] - 1, phases.shape[-1] - 1)
        padded = _pixel_shuffle(F.conv2d(grad_output, phases, padding=reach).to(ctx.dtype), ctx.stride)
        (top, left), (height, width) = ctx.padding, ctx.size
        gradient = padded[..., top : top + height, left : left + width]
        # pixels behind the last window that fits were never read
        unread = (0, width - gradient.shape[-1], 0, height - gradient.shape[-2])
        gradient = F.pad(gradient, unread) if any(unread) else gradient
        per_image, summed = (None, gradient) if ctx.needs_input_grad[1] else (gradient, None)
        return per_image, summed, None, None, None, None, None


_applied: Callable[..., Tensor] = _Convolution.apply


def _sum_over_batch(grad_output: Tensor) -> Tensor:
    """The sum over a batch, (1, C, H, W), as one product over memory as it lies: `sum` takes several times as long."""
    last = grad_output.is_contiguous(memory_format=torch.channels_last)
    in_memory_order = grad_output.permute(0, 2, 3, 1) if last else grad_output
    total = grad_output.new_ones(1, len(grad_output)) @ in_memory_order.reshape(len(grad_output), -1)
    total = total.reshape(1, *in_memory_order.shape[1:])
    return total.permute(0, 3, 1, 2) if last else total


def _pixel_shuffle(phases: Tensor, stride: int) -> Tensor:
    """`F.pixel_shuffle` to contiguous images (N, C, H, W), whatever the layout of the phases, in one copy."""
    count, channels, height, width = phases.shape
    colors = channels // stride**2
    ordered = phases.view(count, colors, stride, stride, height, width).permute(0, 1, 4, 2, 5, 3)
    return ordered.reshape(count, colors, height * stride, width * stride)


def _phases(weight: Tensor, stride: int) -> Tensor:
    """Weights (out, in, H, W) of the convolution -> those of its gradient, (in * stride * stride, out, h, w)."""
    out, channels, height, width = weight.shape
    tall, wide = -(-height // stride), -(-width // stride)
    padded = F.pad(weight, (0, wide * stride - width, 0, tall * stride - height))
    parts = padded.reshape(out, channels, tall, stride, wide, stride).flip(2, 4).permute(1, 3, 5, 0, 2, 4)
    return parts.reshape(-1, out, tall, wide).contiguous(memory_format=torch.channels_last)
