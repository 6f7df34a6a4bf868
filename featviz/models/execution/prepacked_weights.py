"""Prepacked convolution weights (oneDNN blocked layout), for the forward pass and for the gradient of the input.

torch reorders the weights anew in every call; for one image that takes a fifth of a resnet50's gradient. The
operations that reorder once are not public: each weight's first use is compared with the ordinary convolution
(relative L2 difference at most 1e-4), and where they are missing, fail or differ, the ordinary one computes from
then on. Nothing is approximated: the products are the same, summed in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.grad import conv2d_input
from torch.overrides import TorchFunctionMode

from featviz.models.execution.torch_internals import MKLDNN

__all__ = ["PrepackedWeights", "UsePrepacked"]

_AGREEMENT = 1e-4
_MAX_POSITIONS = 8192
"""N * H * W of the input; with more, the products take so long that reordering does not count."""
_WEIGHTS = 1 << 16
"""Elements of a convolution's weight; fewer are reordered sooner than a packed one is looked up."""
_NO_POST_OP = ("none", (), "")
"""No operation fused behind the convolution: attribute, scalars and algorithm as oneDNN's operations take them."""
_Operation: TypeAlias = Callable[..., Tensor]


class _ConvolutionArguments(NamedTuple):
    """The arguments of a convolution behind its tensors."""

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1


class PrepackedWeights:
    """The packed weights of a frozen network, shared by its replicas: at most two more copies of them."""

    def __init__(self) -> None:
        self._known: dict[int, _PackedConvolution] = {}

    def register(self, modules: Iterable[nn.Module]) -> None:
        """Let the large weights of convolutions among them be packed; they are referred to, and must never change."""
        weights = (module.weight.detach() for module in modules if type(module) is nn.Conv2d)
        for weight in weights:
            if weight.dtype is torch.float32 and weight.is_cpu and weight.numel() >= _WEIGHTS:
                self._known.setdefault(weight.data_ptr(), _PackedConvolution(weight))

    def of(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> _PackedConvolution | None:
        """The packed form for a convolution of `x` (N, C, H, W) with registered weights, or None if it has none."""
        known = self._known.get(weight.data_ptr())
        if known is None or not known.trusted or x.ndim != 4:
            return None
        if (weight.shape, weight.stride()) != (known.weight.shape, known.weight.stride()):
            return None  # the same memory, as a transposed view of it
        is_frozen = not weight.requires_grad and (bias is None or not bias.requires_grad)
        is_supported = x.dtype is torch.float32 and x.is_contiguous(memory_format=torch.channels_last)
        is_small = len(x) * x.shape[2] * x.shape[3] <= _MAX_POSITIONS
        return (
            known
            if is_frozen and is_supported and is_small and not torch.is_autocast_enabled("cpu")
            else None
        )


class UsePrepacked(TorchFunctionMode):
    """Inside the `with`, this thread's convolutions read registered weights in their packed form.

    A function mode that itself handles convolutions is entered after this one.
    """

    def __init__(self, prepacked: PrepackedWeights) -> None:
        super().__init__()
        self._prepacked = prepacked

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation."""
        if func is torch.conv2d and not kwargs and len(args) > 4 and isinstance(args[4], tuple):
            x, weight, bias, *how = args
            packed = self._prepacked.of(x, weight, bias)
            if packed is not None:
                return _Convolution.apply(x, bias, packed, _ConvolutionArguments(*how))
        return func(*args, **(kwargs or {}))


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, bias: Tensor | None, packed: _PackedConvolution, how: _ConvolutionArguments
    ) -> Tensor:
        ctx.packed, ctx.how, ctx.shape = packed, how, x.shape
        return packed.forward(x, bias, how)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        grad_output = grad_outputs[0].contiguous(memory_format=torch.channels_last)
        return ctx.packed.input_gradient(grad_output, ctx.shape, ctx.how), None, None, None


class _PackedWeight:
    """A weight as it was packed for the newest shape and arguments, in one direction."""

    def __init__(self) -> None:
        self.compared = False
        self._newest: tuple[object, Tensor] | None = None

    def packed(self, shape: object, pack: Callable[[], Tensor]) -> Tensor:
        newest = self._newest  # read once: another thread may pack it anew
        if newest is None or newest[0] != shape:
            newest = self._newest = (shape, pack())
        return newest[1]


class _PackedConvolution:
    """One weight, trusted until it fails or differs, packed for the forward pass and for the input's gradient."""

    def __init__(self, weight: Tensor) -> None:
        self.weight, self.trusted = weight, torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        self._forward_weight, self._backward_weight = _PackedWeight(), _PackedWeight()

    def forward(self, x: Tensor, bias: Tensor | None, how: _ConvolutionArguments) -> Tensor:
        """The convolution of `x` (N, C, H, W)."""
        stride, padding, dilation, groups = how

        def pack() -> Tensor:
            reorder: _Operation = MKLDNN._reorder_convolution_weight
            return reorder(self.weight, padding, stride, dilation, groups, x.shape)

        def fast() -> Tensor:
            packed = self._forward_weight.packed((x.shape, how), pack)
            convolution: _Operation = MKLDNN._convolution_pointwise
            return convolution(x, packed, bias, padding, stride, dilation, groups, *_NO_POST_OP)

        return self._run(self._forward_weight, fast, lambda: torch.conv2d(x, self.weight, bias, *how))

    def input_gradient(self, grad_output: Tensor, size: torch.Size, how: _ConvolutionArguments) -> Tensor:
        """The gradient (N, C, H, W), of this size, for the input of the convolution whose output has `grad_output`."""
        stride, padding, dilation, groups = how
        windows = zip(size[2:], grad_output.shape[2:], self.weight.shape[2:], *how[:3], strict=True)
        unread = [
            whole - (count - 1) * step + 2 * pad - dilated_by * (side - 1) - 1
            for whole, count, side, step, pad, dilated_by in windows
        ]

        def pack() -> Tensor:
            reorder: _Operation = MKLDNN._reorder_convolution_transpose_weight
            return reorder(self.weight, padding, unread, stride, dilation, groups, grad_output.shape)

        def fast() -> Tensor:
            packed = self._backward_weight.packed((grad_output.shape, unread, how), pack)
            transposed: _Operation = MKLDNN._convolution_transpose_pointwise
            return transposed(
                grad_output, packed, None, padding, unread, stride, dilation, groups, *_NO_POST_OP
            )

        def reference() -> Tensor:
            gradient: Tensor = conv2d_input(size, self.weight, grad_output, *how)  # type: ignore[no-untyped-call]
            return gradient

        return self._run(self._backward_weight, fast, reference)

    def _run(
        self, packed: _PackedWeight, fast: Callable[[], Tensor], reference: Callable[[], Tensor]
    ) -> Tensor:
        """The fast result; the reference the first time, and where the fast one cannot be trusted."""
        try:
            result = fast() if self.trusted else None
        except Exception:  # a private operation may be missing or want other arguments
            result, self.trusted = None, False
        if result is not None and packed.compared:
            return result
        expected = reference()
        if result is not None:
            difference, scale = (torch.linalg.vector_norm(each) for each in (result - expected, expected))
            self.trusted, packed.compared = bool(difference <= _AGREEMENT * scale), True
        return expected
