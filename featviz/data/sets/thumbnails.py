"""Thumbnails: small images for maps and galleries, each made once."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict

from PIL import Image

from featviz.data.sets.image_set import ImageSet

__all__ = ["Thumbnails", "thumbnail"]


def thumbnail(image: Image.Image, side: int = 96) -> bytes:
    """An image at most `side` pixels wide and high, as WebP; small ones are not enlarged."""
    small = image.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80, method=0)
    return buffer.getvalue()


class Thumbnails:
    """The thumbnails of a set by position, kept in memory; those unused longest go first. Safe from any thread.

    Args:
        images: the set.
        side: pixels of the longer side.
        limit: bytes of all that are kept.
    """

    def __init__(self, images: ImageSet, side: int = 96, limit: int = 64 << 20) -> None:
        self.images, self.side, self.limit = images, side, limit
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __getitem__(self, position: int) -> bytes:
        """The thumbnail of image `position`, as WebP.

        Raises:
            BadInput: the set has no such image.
            BadImage: its file is damaged.
        """
        with self._lock:
            if position in self._cache:
                self._cache.move_to_end(position)
                return self._cache[position]
        encoded = thumbnail(self.images[position].image, self.side)
        with self._lock:
            if position not in self._cache:
                self._cache[position] = encoded
                self._bytes += len(encoded)
            while self._bytes > self.limit and len(self._cache) > 1:
                self._bytes -= len(self._cache.popitem(last=False)[1])
        return encoded
