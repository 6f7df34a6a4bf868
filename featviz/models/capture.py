"""Recording the outputs of modules in one pass of a private replica: exact, stopped early, hooks removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from featviz.errors import BadInput
from featviz.models.batch_axis import FIRST, BatchAxis
from featviz.models.layers import Address, output_tensor

__all__ = ["MAX_RECORDED_BYTES", "recording"]

MAX_RECORDED_BYTES = 2 << 30


class _PassEnded(BaseException):
    """Every requested output is recorded. Not an Exception, so that no network catches it."""


@contextmanager
def recording(
    replica: nn.Module,
    calls: Mapping[str, tuple[str, int] | Address],
    *,
    detach: bool = True,
    stop: bool = True,
    root: bool = False,
    reduce: Callable[[str, Tensor], Tensor] | None = None,
) -> Iterator[dict[str, Tensor]]:
    """Record outputs of a private replica while the body of the `with` runs one pass on it.

    Args:
        replica: never the shared module.
        calls: by key of the result, the module's name and which of its calls is meant (0 is the first). An
            `Address` says where the output has its images, which come first in what is recorded.
        detach: keep values alone (copies); otherwise the tensors stay in the graph and the pass goes on
            with a copy, so that no in-place operation reaches what was recorded.
        stop: leave the body as soon as everything is recorded.
        root: an output that depends on nothing that requires a gradient becomes a leaf that requires one, so that
            the graph begins there.
        reduce: by key and output, what is kept instead of a copy; nothing that shares the output's memory. It is
            called while the pass runs, when no in-place operation has reached the output yet.

    Yields:
        The outputs by key, filled while the body runs.
    """
    outputs: dict[str, Tensor] = {}
    wanted = _Wanted(calls)
    budget = _Budget(MAX_RECORDED_BYTES)

    def hook_for(name: str) -> Callable[..., object]:
        calls_so_far = 0

        def hook(_module: nn.Module, _inputs: object, output: object) -> object:
            nonlocal calls_so_far
            tensor = output_tensor(output)
            if tensor is None:
                return None
            call, calls_so_far = calls_so_far, calls_so_far + 1
            if (name, call) not in wanted.keys:
                return None
            keys, axis = wanted.keys[name, call], wanted.axes[name, call]
            tensor = axis.to_front(tensor, wanted.images)
            if reduce is not None:
                outputs.update({key: reduce(key, tensor.detach()) for key in keys})
            else:
                budget.take(tensor)
                tensor = _as_leaf(tensor) if root else tensor
                outputs.update(dict.fromkeys(keys, tensor.detach().clone() if detach else tensor))
            if stop and len(outputs) == len(calls):
                raise _PassEnded
            return None if detach else _with_copy(output, axis.from_front(tensor))

        return hook

    handles = wanted.counting(replica)
    handles += [replica.get_submodule(name).register_forward_hook(hook_for(name)) for name in wanted.modules]
    try:
        yield outputs
    except _PassEnded:
        pass
    finally:
        for handle in handles:
            handle.remove()


class _Wanted:
    """Which calls of which modules to record, under which keys, and where their outputs have the images.

    Args:
        calls: as `recording` takes them.
    """

    def __init__(self, calls: Mapping[str, tuple[str, int] | Address]) -> None:
        self.keys: dict[tuple[str, int], list[str]] = {}
        self.axes: dict[tuple[str, int], BatchAxis] = {}
        self.images = 1
        for key, (name, call, *batch) in calls.items():
            self.keys.setdefault((name, call), []).append(key)
            self.axes[name, call] = batch[0] if batch else FIRST
        self.modules = tuple(dict.fromkeys(name for name, _call in self.keys))

    def counting(self, replica: nn.Module) -> list[RemovableHandle]:
        """Count the images of the pass, where an output needs to know."""
        if all(axis == FIRST for axis in self.axes.values()):
            return []
        return [replica.register_forward_pre_hook(self._count)]

    def _count(self, _module: nn.Module, inputs: tuple[object, ...]) -> None:
        self.images = len(inputs[0]) if inputs and isinstance(inputs[0], Tensor) else 1


class _Budget:
    """Bytes that may still be recorded in this pass."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def take(self, tensor: Tensor) -> None:
        self.left -= tensor.numel() * tensor.element_size()
        if self.left < 0:
            raise BadInput(
                f"These outputs need more than {MAX_RECORDED_BYTES >> 30} GiB: ask for fewer layers or "
                "fewer images at once.",
                code="too_large",
            )


def _as_leaf(tensor: Tensor) -> Tensor:
    """The same values as a leaf that requires a gradient, where nothing before it does."""
    if tensor.requires_grad or not tensor.is_floating_point():
        return tensor
    return tensor.detach().requires_grad_()


def _with_copy(output: object, tensor: Tensor) -> object:
    if isinstance(output, Tensor):
        return tensor.clone()
    assert isinstance(output, (tuple, list))  # noqa: S101 - output_tensor took it for one
    return (tensor.clone(), *output[1:])
