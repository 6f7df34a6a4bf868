"""read_state_dict: an untrusted checkpoint file -> named tensors, or one plain refusal."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from featviz.errors import BadCheckpoint
from featviz.models.checkpoints.sandbox import convert_checkpoint
from featviz.models.checkpoints.settings import FoundSettings, find_settings
from featviz.text import printable

__all__ = ["StateDict", "all_finite", "read_state_dict"]

_MAX_BYTES = 1 << 30
_MAX_TENSORS = 20_000
_MAX_HEADER = 16 << 20
_MAX_NAME = 512
_MAX_METADATA = 1 << 16
_MAX_DIMENSIONS = 8
_DTYPES = (
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
)
_OLD_MAGIC = (
    b"l\xfc\x9cF\xf9 j\xa8P\x19"  # a number at the start of what torch.save wrote before it wrote zips
)
_FOREIGN = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), code, name)
    for pattern, code, name in (
        (rb"\s*<(!doctype html|html)", "html", "a web page"),
        (rb"version https://git-lfs", "lfs", "a git LFS pointer, not what it stands for"),
        (rb"\x80", "pickle", "a bare Python pickle, which could run foreign code"),
        (rb"GGUF", "gguf", "a GGUF language model"),
        (rb"\x89HDF", "hdf5", "an HDF5 file, perhaps of Keras"),
        (rb"\x93NUMPY", "numpy", "a NumPy array"),
        (rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|.{257}ustar", "archive", "a packed archive"),
        (rb"\xff\xd8\xff|\x89PNG|GIF8", "image", "an image"),
    )
)


@dataclass(frozen=True, eq=False)
class StateDict:
    """Named tensors of a network, finite and on the CPU, as a file held them.

    Attributes:
        tensors: by name; every dtype is a plain number's.
        notes: sentences on what was taken off on the way.
        settings: what the file says of the preprocessing.
    """

    tensors: dict[str, Tensor]
    notes: tuple[str, ...] = ()
    settings: FoundSettings = field(default_factory=FoundSettings)


def read_state_dict(data: bytes, *, timeout: float = 30.0) -> StateDict:
    """Read the weights in an untrusted file.

    safetensors are parsed here; any other kind is converted in a process of its own, one at a time.

    Args:
        data: a safetensors file, or a `.pt`, `.pth` or `.ckpt` written by torch.save, at most 1 GB.
        timeout: seconds that a conversion may take.

    Raises:
        BadCheckpoint: the file holds no plain, finite weights.
        Busy: another file is being converted.
    """
    if len(data) > _MAX_BYTES:
        raise BadCheckpoint(
            "This file exceeds 1 GB, the most that is read: choose a smaller network.", code="too_big"
        )
    if _is_safetensors(data):
        tensors = _parse(data)
        return StateDict(tensors, settings=_of_metadata(data))
    if not data.startswith(b"PK\x03\x04") and _OLD_MAGIC not in data[:32]:
        raise _foreign(data)
    converted, wrapper, settings = convert_checkpoint(data, timeout)
    notes = (f"The weights were taken from “{wrapper}” in the file.",) if wrapper else ()
    return StateDict(_parse(converted), notes, find_settings(settings, "the file"))


def _of_metadata(data: bytes) -> FoundSettings:
    """What the texts beside the tensors of a safetensors file say; each may be JSON."""
    words = json.loads(data[8 : 8 + _header_size(data)]).get("__metadata__")
    texts = words.items() if isinstance(words, dict) else ()
    return find_settings({name: _value_of(text) for name, text in texts}, "the file")


def _value_of(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) and len(text) < _MAX_METADATA else None
    except (ValueError, RecursionError):
        return text


def _is_safetensors(data: bytes) -> bool:
    return data[8:9] == b"{" and _header_size(data) <= _MAX_HEADER


def _header_size(data: bytes) -> int:
    return int.from_bytes(data[:8], "little")


def _foreign(data: bytes) -> BadCheckpoint:
    if not data:
        return BadCheckpoint("This file is empty: choose another, or save it again.", code="empty")
    for pattern, code, name in _FOREIGN:
        if pattern.match(data[:1024]):
            return BadCheckpoint(
                f"This file is {name}: open the .pt, .pth, .ckpt or .safetensors file itself.", code=code
            )
    return BadCheckpoint(
        "This file is not a checkpoint: open a .pt, .pth, .ckpt or .safetensors file.",
        code="not_a_checkpoint",
    )


def _parse(data: bytes) -> dict[str, Tensor]:
    _check_header(data)
    try:
        tensors = safetensors.torch.load(data)
    except Exception:  # SafetensorError, and KeyError for dtypes torch lacks
        raise _damaged() from None
    for name, tensor in tensors.items():
        _check_values(name, tensor)
    return tensors


def _check_header(data: bytes) -> None:
    """Refuse what the parser would accept at great cost: too many tensors, absurd shapes, doubled names."""
    try:
        header = json.loads(data[8 : 8 + _header_size(data)], object_pairs_hook=_without_doubles)
        header.pop("__metadata__", None)
        shapes = [entry["shape"] for entry in header.values()]
        dimensions = max((len(shape) for shape in shapes), default=0)
        # No more sides than are allowed: the product of thousands of long numbers would take minutes.
        sizes = (math.prod(max(side, 1) for side in shape[:_MAX_DIMENSIONS]) for shape in shapes)
        largest = max(sizes, default=0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _damaged() from None
    if not header:
        raise BadCheckpoint("This file holds no tensors: save model.state_dict() in it.", code="no_weights")
    if len(header) > _MAX_TENSORS:
        raise BadCheckpoint(
            f"This file holds {len(header):,} tensors; more than networks have: save one network.",
            code="too_many_tensors",
        )
    if largest > _MAX_BYTES or dimensions > _MAX_DIMENSIONS or max(map(len, header)) > _MAX_NAME:
        raise _damaged()


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a name occurs twice")
    return entries


def _check_values(name: str, tensor: Tensor) -> None:
    if tensor.dtype not in _DTYPES:
        raise BadCheckpoint(
            "This file holds quantised or complex numbers: save the network in float32 and open that.",
            code="numbers",
        )
    if not all_finite(tensor):
        raise BadCheckpoint(
            f"The weights hold values that are not finite, first in {printable(name)}: training broke down, "
            "or the file is damaged; choose an earlier checkpoint.",
            code="not_finite",
        )


def all_finite(tensor: Tensor) -> bool:
    """Whether no value is NaN or infinite; by the extremes, ten times faster than looking at each value."""
    return tensor.numel() == 0 or bool(torch.isfinite(torch.stack(torch.aminmax(tensor))).all())


def _damaged() -> BadCheckpoint:
    return BadCheckpoint(
        "This safetensors file is damaged or cut short: copy or download it again.", code="damaged"
    )
