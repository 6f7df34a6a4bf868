"""Payloads: arrays that go to the browser once, named by their digest, and that it keeps while they are on the page."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featviz.ui.components.browser.component import component

__all__ = ["NOTHING", "Payload", "pack", "send"]

_ALIGNMENT = 8  # bytes; the browser reads an array of numbers only from a multiple of their size on
_TYPES = frozenset({"u1", "u2", "u4", "i2"})

_carrier = component("featviz_payload", Path(__file__).parent / "carrier.js")


class Payload(NamedTuple):
    """Bytes for the browser: 4 bytes length of the header, the header in JSON, the arrays.

    The length and all numbers are little endian. The header, with spaces behind it, and each array end at a multiple
    of 8 bytes. The header holds the token, a digest of all the rest, and the name, the type and the shape of each
    array.
    """

    token: str
    data: bytes


NOTHING = Payload("", b"")


def pack(header: Mapping[str, Any], **arrays: NDArray[Any]) -> Payload:
    """Pack arrays of uint8, uint16, uint32 and int16, of any shapes, and what there is to say about them.

    Raises:
        ValueError: an array of another type.
    """
    described: list[dict[str, Any]] = []
    parts: list[memoryview | bytes] = []
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<")
        kind = dtype.str[1:]
        if kind not in _TYPES:
            raise ValueError(f"{name} is {array.dtype}; one of {', '.join(sorted(_TYPES))} was expected.")
        described.append({"name": name, "type": kind, "shape": array.shape})
        raw = np.ascontiguousarray(array, dtype).reshape(-1).view(np.uint8).data
        parts += [raw, bytes(-len(raw) % _ALIGNMENT)]
    told = {**header, "arrays": described}
    digest = hashlib.sha256(json.dumps(told).encode())
    for part in parts:
        digest.update(part)
    token = digest.hexdigest()[:32]
    text = json.dumps({"token": token, **told}).encode()
    text += b" " * (-(len(text) + 4) % _ALIGNMENT)
    return Payload(token, b"".join((len(text).to_bytes(4, "little"), text, *parts)))


def send(key: str, payload: Payload) -> str:
    """Put a payload on the page, and give the token under which the browser knows it.

    Args:
        key: names the place on the page; another payload of the same key takes the place of this one.
        payload: what is brought; nothing is brought too, so that what was there leaves.
    """
    _carrier(key=key, data=payload.data)
    return payload.token
