"""What a scatter sends to the browser once: points, colours, masks, captions, and the view that names them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.ui.components.browser.payload import Payload, pack

__all__ = ["pack_array", "pack_mask", "pack_points", "pack_texts", "pack_view"]

_LEVELS = 65535  # the largest uint16


def pack_points(points: NDArray[np.floating[Any]], *, equal: bool) -> Payload:
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
        level = points[:, axis].astype(np.float64)
        level -= low[axis]
        level *= _LEVELS / side[axis]
        whole[:, axis] = np.rint(level).clip(0, _LEVELS)
    about = {"low": low.tolist(), "side": side.tolist(), "extent": (spans / side).tolist()}
    return pack(about, values=whole)


def pack_array(values: NDArray[np.integer[Any]], dtype: str) -> Payload:
    """Whole numbers of any shape, as the type named."""
    return pack({}, values=values.astype(f"<{dtype}", copy=False))


def pack_mask(mask: NDArray[np.bool_]) -> Payload:
    """A yes or no a point, eight in a byte, the first in the lowest bit."""
    return pack({}, values=np.packbits(mask, bitorder="little"))


def pack_texts(texts: Sequence[str]) -> Payload:
    """Texts as UTF-8, one after the other beside the n + 1 positions where they start: the browser reads one."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype("<u4")
    return pack({}, starts=starts, text=np.frombuffer(b"".join(encoded), np.uint8))


def pack_view(name: str, view: dict[str, Any]) -> Payload:
    """What the scatter of this name is to draw: tokens of payloads, sizes, addresses."""
    return pack({"scatter": name, **view})
