"""What layers output in one pass: recorded exactly, stopped early, nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from featviz.errors import BadInput, LayerNotFound
from featviz.models.layers import plain_tensor

if TYPE_CHECKING:
    from featviz.models.model import Model

__all__ = ["MAX_RECORDED_BYTES", "record", "recording"]

MAX_RECORDED_BYTES = 2 << 30


class _PassEnded(BaseException):
    """Everything asked for is recorded. Not an Exception, so that no network catches it."""


@dataclass(frozen=True)
class _Wanted:
    """A key of the result: which call of a module it stands for, and how many calls come before it."""

    key: str
    module: str
    call: int


def record(model: Model, x: Tensor, layers: str | Sequence[str]) -> dict[str, Tensor]:
    """Record what layers output in one pass, which stops at the last layer asked for.

    The tensors are the layers' true outputs: copies taken before any in-place operation can overwrite them.
    A layer that a pass calls several times gives its last output, that of call number `Layer.calls`;
    `name:0`, `name:1`, ... gives a single call's. Safe from any thread: the pass runs on a private replica.

    Args:
        model: the network.
        x: a normalised batch (N, C, H, W), as `model.preprocess` makes it.
        layers: names out of `model.layers`.

    Returns:
        By name, in the order asked for, the output with its batch dimension first, on the CPU.

    Raises:
        LayerNotFound: a name the network does not have.
        BadInput: `x` is no finite batch, the network cannot take it, or the outputs pass 2 GiB.
    """
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    wanted = [_wanted(model, name) for name in names]
    _check_batch(x)
    with model.borrowed() as replica, torch.no_grad():
        outputs = _run(replica, x.to(model.device), wanted)
    missing = [name for name in names if name not in outputs]
    if missing:
        raise LayerNotFound(f"{model.name} did not run {', '.join(missing)} for this input.")
    return {name: outputs[name].cpu() for name in names}


@contextmanager
def recording(
    replica: nn.Module,
    calls: Mapping[str, tuple[str, int]],
    *,
    detach: bool = True,
    stop: bool = True,
    root: bool = False,
) -> Iterator[dict[str, Tensor]]:
    """Record outputs of a private replica while the body of the `with` runs one pass on it.

    Args:
        replica: never the shared module.
        calls: by key of the result, the module's name and which of its calls is meant (0 is the first).
        detach: keep values alone (copies); otherwise the tensors stay in the graph and the pass goes on
            with a copy, so that no in-place operation reaches what was recorded.
        stop: leave the body as soon as everything is recorded.
        root: an output that depends on nothing that wants a gradient becomes a leaf that wants one, so that
            the graph begins there.

    Yields:
        The outputs by key, filled while the body runs.
    """
    outputs: dict[str, Tensor] = {}
    by_module: dict[str, dict[int, list[str]]] = {}
    for key, (name, call) in calls.items():
        by_module.setdefault(name, {}).setdefault(call, []).append(key)
    budget = _Budget(MAX_RECORDED_BYTES)

    def hook_for(keys_by_call: dict[int, list[str]]) -> object:
        seen = 0

        def hook(_module: nn.Module, _inputs: object, output: object) -> object:
            nonlocal seen
            tensor = plain_tensor(output)
            if tensor is None:
                return None
            keys, seen = keys_by_call.get(seen, []), seen + 1
            if not keys:
                return None
            budget.take(tensor)
            if root and not tensor.requires_grad and tensor.is_floating_point():
                tensor = tensor.detach().requires_grad_()
            outputs.update(dict.fromkeys(keys, tensor.detach().clone() if detach else tensor))
            if stop and len(outputs) == len(calls):
                raise _PassEnded
            return None if detach else _with_copy(output, tensor)

        return hook

    handles = [
        replica.get_submodule(name).register_forward_hook(hook_for(keys))  # type: ignore[arg-type]
        for name, keys in by_module.items()
    ]
    try:
        yield outputs
    except _PassEnded:
        pass
    finally:
        for handle in handles:
            handle.remove()


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


def _with_copy(output: object, tensor: Tensor) -> object:
    if isinstance(output, Tensor):
        return tensor.clone()
    assert isinstance(output, (tuple, list))  # noqa: S101 - plain_tensor took it for one
    return (tensor.clone(), *output[1:])


def _run(replica: nn.Module, x: Tensor, wanted: Sequence[_Wanted]) -> dict[str, Tensor]:
    calls = {want.key: (want.module, want.call) for want in wanted}
    with recording(replica, calls) as outputs:
        try:
            replica(x)
        except BadInput:
            raise
        except Exception as error:  # a network of one's own may raise anything
            raise BadInput(
                f"The network cannot take a batch of shape {tuple(x.shape)}: {error}", code="forward"
            ) from error
    return outputs


def _wanted(model: Model, name: str) -> _Wanted:
    known = model.layers_by_name
    if name in known:
        return _Wanted(name, name, known[name].calls - 1)
    base, _, call = name.rpartition(":")
    if base in known and call.isdecimal() and int(call) < known[base].calls:
        return _Wanted(name, base, int(call))
    model.layer(name)  # raises, with the nearest names
    raise LayerNotFound(f"{model.name} has no layer named {name!r}.")


def _check_batch(x: Tensor) -> None:
    if not isinstance(x, Tensor) or x.ndim != 4 or 0 in x.shape:
        came = f"a tensor of shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise BadInput(f"Expected a batch (N, C, H, W), got {came}: model.preprocess makes one.")
    if not bool(torch.isfinite(x).all()):
        raise BadInput("The batch holds values that are not finite: check how it was normalised.", code="nan")
