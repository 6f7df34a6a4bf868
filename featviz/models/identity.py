"""Which network it is: by its weights and settings, and for one of somebody's own also by what it computes."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Iterator
from contextlib import suppress
from types import CodeType

import torch
from torch import Tensor, nn

from featviz.models.layers import output_tensor

__all__ = ["code_digest", "computed_fingerprint", "fingerprint"]

_KNOWN_CODE = ("torch", "torchvision", "featviz")
_PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype)


def fingerprint(module: nn.Module) -> str:
    """SHA-256 over the names, kinds and settings of all modules and the names, shapes and bytes of all tensors."""
    digest = hashlib.sha256()
    for name, child in module.named_modules():
        digest.update(f"{name}:{type(child).__name__}({child.extra_repr()});".encode())
    for name, value in module.state_dict().items():
        if not isinstance(value, Tensor):  # what `get_extra_state` gives
            digest.update(f"{name}:{value!r};".encode())
            continue
        digest.update(f"{name}:{value.dtype}:{tuple(value.shape)};".encode())
        digest.update(_bytes(value).numpy().data)
    return digest.hexdigest()


def computed_fingerprint(module: nn.Module, noise: Tensor | None) -> str:
    """SHA-256 over `fingerprint`, all plain settings, the code of classes of one's own, and one pass of noise.

    Equal weights may belong to networks that compute otherwise: with other heads, another order, another helper
    function. What the pass gives is rounded to six digits of a sum, in float64, so that rounding errors hardly ever
    show; where single precision has to do, to two digits of the network's own output.

    Args:
        module: the network; a copy of it runs.
        noise: a batch; None where a pass tells nothing, as of a network that draws at random.
    """
    digest = hashlib.sha256(fingerprint(module).encode())
    for name, child in module.named_modules():
        digest.update(f"{name}:{sorted(_settings(child))};".encode())
    digest.update(code_digest(module).encode())
    for line in () if noise is None else _computed(module, noise):
        digest.update(line.encode())
    return digest.hexdigest()


def code_digest(module: nn.Module) -> str:
    """SHA-256 over how a researcher's own modules compute: the code of all functions of their classes."""
    classes = {base for each in module.modules() for base in type(each).__mro__}
    custom = sorted(
        (each for each in classes if each.__module__.partition(".")[0] not in (*_KNOWN_CODE, "builtins")),
        key=lambda each: (each.__module__, each.__qualname__),
    )
    functions = (getattr(value, "__code__", None) for each in custom for value in vars(each).values())
    return hashlib.sha256(repr([_signature(code) for code in functions if code]).encode()).hexdigest()


def _signature(code: CodeType) -> tuple[object, ...]:
    """What a function does, without where it stands in a file."""
    constants = [_signature(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return code.co_code.hex(), code.co_names, constants


def _settings(module: nn.Module) -> Iterator[str]:
    """The attributes of a module that are plain values, or functions."""
    for name, value in vars(module).items():
        parts = value if isinstance(value, (tuple, list)) else (value,)
        if name != "training" and all(isinstance(each, _PLAIN) for each in parts):
            yield f"{name}={value!r}"
        elif isinstance(code := getattr(value, "__code__", None), CodeType):
            yield f"{name}={_signature(code)}"


def _computed(module: nn.Module, noise: Tensor) -> list[str]:
    """One line for each output of a module in a pass, in double precision where the network takes it."""
    for dtype in (torch.float64, noise.dtype):
        with suppress(Exception):  # a network of one's own may insist on its precision
            return _lines_of_pass(copy.deepcopy(module).to(dtype), noise.to(dtype))
    return []


def _lines_of_pass(replica: nn.Module, x: Tensor) -> list[str]:
    lines: list[str] = []
    exact = x.dtype == torch.float64
    for name, child in replica.named_modules():
        child.register_forward_hook(
            lambda _m, _i, output, name=name: lines.append(_line(name, output, exact=exact))
        )
    with torch.no_grad():
        replica(x)
    return lines


def _line(name: str, output: object, *, exact: bool) -> str:
    """What a module's output adds: its shape, and digits of its values; in single precision those of the last alone."""
    tensor = output_tensor(output)
    if tensor is None or not tensor.numel():
        return f"{name};"
    if name and not exact:
        return f"{name}:{tuple(tensor.shape)};"
    flat = tensor.detach().double().flatten().cpu()
    total = float(flat.abs().sum())
    weights = torch.arange(1, len(flat) + 1, dtype=torch.float64).mul_(math.sqrt(2)).cos_()
    share = float(flat @ weights) / total if total else 0.0
    digits = 6 if exact else 2
    return f"{name}:{tuple(tensor.shape)}:{total:.{digits}e}:{share:.{digits}f};"


def _bytes(tensor: Tensor) -> Tensor:
    values = tensor.detach().cpu()
    plain = values.int_repr() if values.is_quantized else values
    return plain.contiguous().flatten().view(torch.uint8)
