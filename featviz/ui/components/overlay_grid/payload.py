"""Parcels: what the overlay grid sends to the browser once and names by its digest."""

import hashlib
import json
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Parcel", "pack_map", "pack_picture"]

_MOST = 32767  # the largest int16


class Parcel(NamedTuple):
    """Bytes for the browser: 64 digits of `token`, 4 bytes length of the header, the header, the values.

    The length is little endian; spaces behind the header, which is JSON, let the values start at an even byte.
    """

    token: str
    payload: bytes


def pack_picture(picture: NDArray[np.uint8]) -> Parcel:
    """A picture (H, W, 3), byte by byte."""
    return _pack({"kind": "picture", "shape": picture.shape}, np.ascontiguousarray(picture).tobytes())


def pack_map(values: NDArray[np.floating[Any]]) -> Parcel:
    """Finite values (h, w) as int16 times a factor, right to 1.6e-5 of the largest absolute value."""
    # In float64: the factor of values near the smallest float32 is smaller than any float32.
    exact = values.astype(np.float64)
    factor = float(np.abs(exact).max()) / _MOST
    whole = np.rint(exact / factor) if factor else np.zeros_like(exact)
    return _pack({"kind": "map", "shape": values.shape, "factor": factor}, whole.astype("<i2").tobytes())


def _pack(header: dict[str, Any], raw: bytes) -> Parcel:
    text = json.dumps(header).encode()
    text += b" " * (len(text) % 2)
    token = hashlib.sha256(text + raw).hexdigest()
    return Parcel(token, b"".join((token.encode(), len(text).to_bytes(4, "little"), text, raw)))
