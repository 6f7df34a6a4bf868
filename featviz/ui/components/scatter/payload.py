"""Parts: what a scatter sends to the browser once and names by its digest."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOTHING", "Part", "pack_array", "pack_mask", "pack_points", "pack_texts", "pack_view"]

_LEVELS = 65535  # the largest uint16


class Part(NamedTuple):
    """Bytes for the browser: 4 bytes length of the header, the header, the values.

    The length is little endian; spaces behind the header, which is JSON, let the values start at a multiple of
    four bytes. The header holds the token, a digest of all the rest.
    """

    token: str
    payload: bytes


NOTHING = Part("", b"")


def pack_points(points: NDArray[np.floating[Any]], *, equal: bool) -> Part:
    """Finite points (n, 2 or 3) as uint16 in their box, right to 1/131070 of its side.

    With `equal`, and always in three dimensions, the box is a square or a cube around the middle of the
    points, so that distances keep their proportions.
    """
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    spans = high - low
    if equal or points.shape[1] == 3:
        side = np.full(points.shape[1], spans.max() or 1.0)
    else:
        side = np.where(spans > 0, spans, 1.0)
    low = (low + high) / 2 - side / 2
    # In place and one coordinate at a time: a million points make no large copies in float64.
    whole = np.empty(points.shape, "<u2")
    for axis in range(points.shape[1]):
        place = points[:, axis].astype(np.float64)
        place -= low[axis]
        place *= _LEVELS / side[axis]
        whole[:, axis] = np.rint(place).clip(0, _LEVELS)
    about = {"low": low.tolist(), "side": side.tolist(), "extent": (spans / side).tolist()}
    return _pack({"kind": "points", "shape": points.shape, **about}, whole.tobytes())


def pack_array(values: NDArray[np.integer[Any]], dtype: str) -> Part:
    """Whole numbers of any shape, as the type named."""
    header = {"kind": "array", "shape": values.shape, "type": dtype}
    return _pack(header, np.ascontiguousarray(values, f"<{dtype}").tobytes())


def pack_mask(mask: NDArray[np.bool_]) -> Part:
    """A yes or no a point, eight in a byte, the first in the lowest bit."""
    return _pack({"kind": "mask", "shape": mask.shape}, np.packbits(mask, bitorder="little").tobytes())


def pack_texts(texts: Sequence[str]) -> Part:
    """Texts as UTF-8, one after the other behind the n + 1 places where they start: the browser reads one."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    places = np.concatenate([[0], np.cumsum(lengths)]).astype("<u4")
    return _pack({"kind": "texts", "shape": [len(encoded)]}, b"".join((places.tobytes(), *encoded)))


def pack_view(name: str, view: dict[str, Any]) -> Part:
    """What the scatter of this name is to draw: tokens of parts, sizes, addresses."""
    return _pack({"kind": "view", "name": name, **view}, b"")


def _pack(header: dict[str, Any], raw: bytes) -> Part:
    digest = hashlib.sha256(json.dumps(header).encode())
    digest.update(raw)
    token = digest.hexdigest()[:32]
    text = json.dumps({"token": token, **header}).encode()
    text += b" " * (-len(text) % 4)
    return Part(token, b"".join((len(text).to_bytes(4, "little"), text, raw)))
