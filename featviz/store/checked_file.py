"""Checked files: arrays and a description in one safetensors file with a checksum; never half of one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from featviz.errors import BadArchive, BadInput

__all__ = ["SUFFIX_PART", "Arrays", "load", "pack", "save", "unpack", "write_atomic"]

Arrays = dict[str, NDArray[Any]]
SUFFIX_PART = ".part"
_METADATA, _CHECKSUM = "about", "sha256"


def pack(arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> bytes:
    """Arrays and a description that JSON can hold, as the bytes of a file that any safetensors reader opens."""
    text = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    content = {**{name: np.ascontiguousarray(array) for name, array in arrays.items()}, _METADATA: text}
    return bytes(safetensors.numpy.save({**content, _CHECKSUM: _checksum(content)}))


def unpack(data: bytes) -> tuple[Arrays, dict[str, Any]]:
    """What `pack` was given.

    Raises:
        BadArchive: with a code `sealed`: it is no such file, or a damaged one.
    """
    try:
        content = safetensors.numpy.load(data)
        checksum = content.pop(_CHECKSUM)
        intact = np.array_equal(checksum, _checksum(content))
        about = json.loads(content.pop(_METADATA).tobytes())
    except Exception as error:  # SafetensorError, KeyError, UnicodeDecodeError, RecursionError, ...
        raise _broken() from error
    if not intact or not isinstance(about, dict):
        raise _broken()
    return content, about


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file under another name, then rename it: whoever looks sees all of it or nothing.

    Raises:
        OSError: the disk is full, read-only or gone; nothing is left behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{os.getpid()}.", suffix=SUFFIX_PART)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def save(path: str | os.PathLike[str], data: bytes, what: str) -> None:
    """Write a file that somebody asked for, whole or not at all.

    Raises:
        BadInput: `what`, as "The map", cannot be written there.
    """
    try:
        write_atomic(Path(path), data)
    except OSError as error:
        raise BadInput(f"{what} cannot be written there: {error.strerror}.", code="disk") from error


def load(path: str | os.PathLike[str], what: str) -> bytes:
    """The bytes of a file that `save` wrote.

    Raises:
        BadInput: `what`, as "The map", cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"{what} cannot be read: {error.strerror}.", code="disk") from error


def _sync_folder(folder: Path) -> None:
    """The new name must survive a power cut as well; not every file system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _checksum(content: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    digest = hashlib.sha256()
    for name in sorted(content):
        array = content[name]
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return np.frombuffer(digest.digest(), np.uint8)


def _broken() -> BadArchive:
    return BadArchive(
        "This file holds no embeddings, or is damaged: Embeddings.save writes them.", code="sealed"
    )
