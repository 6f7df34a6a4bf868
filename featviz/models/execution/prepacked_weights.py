"""Weights of convolutions laid out once as oneDNN reads them, there and back, instead of anew in every call.

For one picture, laying out takes a fifth of a resnet50's gradient. torch does it by operations that are not
public: each weight's first use is compared with the ordinary convolution, and where they are missing, fail or
differ, the ordinary one computes from then on.
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

__all__ = ["LaidOut", "WeightLayouts"]

_AGREEMENT = 1e-4
_PLACES = 8192
"""In a batch's maps; with more, the products take so long that laying out does not count."""
_WEIGHTS = 1 << 16
"""Of a convolution; fewer are laid out sooner than a layout is looked up."""
_NOTHING_MORE = ("none", (), "")
"""No operation after the convolution."""
_Operation: TypeAlias = Callable[..., Tensor]


class _How(NamedTuple):
    """How a convolution is called, but for what it reads."""

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1


class WeightLayouts:
    """The layouts of a frozen network's weights, shared by its replicas: at most two more copies of them."""

    def __init__(self) -> None:
        self._known: dict[int, _Layout] = {}

    def admit(self, modules: Iterable[nn.Module]) -> None:
        """Let the large weights of convolutions among them be laid out; they are held, and must never change."""
        weights = (module.weight.detach() for module in modules if type(module) is nn.Conv2d)
        for weight in weights:
            if weight.dtype is torch.float32 and weight.is_cpu and weight.numel() >= _WEIGHTS:
                self._known.setdefault(weight.data_ptr(), _Layout(weight))

    def of(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> _Layout | None:
        """The layout to use in a convolution of `x` with weights that were admitted, if there is one."""
        known = self._known.get(weight.data_ptr())
        if known is None or not known.trusted or x.ndim != 4:
            return None
        if (weight.shape, weight.stride()) != (known.weight.shape, known.weight.stride()):
            return None  # the same memory, as a transposed view of it
        frozen = not weight.requires_grad and (bias is None or not bias.requires_grad)
        alike = x.dtype is torch.float32 and x.is_contiguous(memory_format=torch.channels_last)
        few = len(x) * x.shape[2] * x.shape[3] <= _PLACES
        return known if frozen and alike and few and not torch.is_autocast_enabled("cpu") else None


class LaidOut(TorchFunctionMode):
    """Inside the `with`, this thread's convolutions read admitted weights as they were laid out.

    A mode that is to see convolutions itself is entered after this one.
    """

    def __init__(self, layouts: WeightLayouts) -> None:
        super().__init__()
        self._layouts = layouts

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation."""
        if func is torch.conv2d and not kwargs and len(args) > 4 and isinstance(args[4], tuple):
            x, weight, bias, *how = args
            layout = self._layouts.of(x, weight, bias)
            if layout is not None:
                return _Convolution.apply(x, bias, layout, _How(*how))
        return func(*args, **(kwargs or {}))


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor | None, layout: _Layout, how: _How) -> Tensor:
        ctx.layout, ctx.how, ctx.shape = layout, how, x.shape
        return layout.there(x, bias, how)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        back = slopes[0].contiguous(memory_format=torch.channels_last)
        return ctx.layout.back(back, ctx.shape, ctx.how), None, None, None


class _Way:
    """Weights as they lie for the newest shape that went this way."""

    def __init__(self) -> None:
        self.compared = False
        self._newest: tuple[object, Tensor] | None = None

    def laid(self, shape: object, lay_out: Callable[[], Tensor]) -> Tensor:
        newest = self._newest  # read once: another thread may lay them out anew
        if newest is None or newest[0] != shape:
            newest = self._newest = (shape, lay_out())
        return newest[1]


class _Layout:
    """One weight, trusted until it fails or differs, and how it lies on either way."""

    def __init__(self, weight: Tensor) -> None:
        self.weight, self.trusted = weight, torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        self._there, self._back = _Way(), _Way()

    def there(self, x: Tensor, bias: Tensor | None, how: _How) -> Tensor:
        """The convolution of `x` (N, C, H, W)."""
        stride, padding, dilation, groups = how

        def lay_out() -> Tensor:
            reorder: _Operation = MKLDNN._reorder_convolution_weight
            return reorder(self.weight, padding, stride, dilation, groups, x.shape)

        def quick() -> Tensor:
            laid = self._there.laid((x.shape, how), lay_out)
            convolution: _Operation = MKLDNN._convolution_pointwise
            return convolution(x, laid, bias, padding, stride, dilation, groups, *_NOTHING_MORE)

        return self._run(self._there, quick, lambda: torch.conv2d(x, self.weight, bias, *how))

    def back(self, slopes: Tensor, size: torch.Size, how: _How) -> Tensor:
        """The gradient for an input of this size of what has these slopes."""
        stride, padding, dilation, groups = how
        windows = zip(size[2:], slopes.shape[2:], self.weight.shape[2:], *how[:3], strict=True)
        unread = [
            whole - (count - 1) * step + 2 * pad - apart * (side - 1) - 1
            for whole, count, side, step, pad, apart in windows
        ]

        def lay_out() -> Tensor:
            reorder: _Operation = MKLDNN._reorder_convolution_transpose_weight
            return reorder(self.weight, padding, unread, stride, dilation, groups, slopes.shape)

        def quick() -> Tensor:
            laid = self._back.laid((slopes.shape, unread, how), lay_out)
            transposed: _Operation = MKLDNN._convolution_transpose_pointwise
            return transposed(slopes, laid, None, padding, unread, stride, dilation, groups, *_NOTHING_MORE)

        def plain() -> Tensor:
            found: Tensor = conv2d_input(size, self.weight, slopes, *how)  # type: ignore[no-untyped-call]
            return found

        return self._run(self._back, quick, plain)

    def _run(self, way: _Way, quick: Callable[[], Tensor], plain: Callable[[], Tensor]) -> Tensor:
        """The quick result; the plain one the first time, and where the quick one cannot be trusted."""
        try:
            found = quick() if self.trusted else None
        except Exception:  # a private operation may be missing or want other arguments
            found, self.trusted = None, False
        if found is not None and way.compared:
            return found
        expected = plain()
        if found is not None:
            apart, scale = (torch.linalg.vector_norm(each) for each in (found - expected, expected))
            self.trusted, way.compared = bool(apart <= _AGREEMENT * scale), True
        return expected
