"""The names, shapes and dtypes of an architecture's tensors, without memory for their values."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

__all__ = ["Builder", "meta_state_dict"]

Builder = Callable[[int], nn.Module]


def meta_state_dict(build: Builder, classes: int) -> dict[str, Tensor]:
    """The state dict of `build(classes)`, its large tensors on the device "meta": shapes and dtypes, no values."""
    with _EmptyOnMeta():
        return dict(build(classes).state_dict())


class _EmptyOnMeta(TorchFunctionMode):
    """Inside the `with`, `torch.empty` reserves no memory in this thread.

    Layers make their weights with it. Other tensors stay real, because some architectures compute their
    widths with tensors and read them back, which fails when everything is built on the device "meta".
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.empty:
            kwargs = {**kwargs, "device": "meta"}
        return func(*args, **kwargs)
