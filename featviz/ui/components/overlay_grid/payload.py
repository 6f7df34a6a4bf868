"""What the overlay grid sends to the browser once: images and maps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.ui.components.browser.payload import Payload, pack

__all__ = ["pack_image", "pack_map"]

_LARGEST = 32767  # the largest int16


def pack_image(image: NDArray[np.uint8]) -> Payload:
    """An image (H, W, 3), byte by byte."""
    return pack({}, image=image)


def pack_map(values: NDArray[np.floating[Any]]) -> Payload:
    """Finite values (h, w) as int16 times a factor, right to 1.6e-5 of the largest absolute value."""
    # In float64: the factor of values near the smallest float32 is smaller than any float32.
    exact = values.astype(np.float64)
    factor = float(np.abs(exact).max()) / _LARGEST
    whole = np.rint(exact / factor) if factor else np.zeros_like(exact)
    return pack({"factor": factor}, map=whole.astype(np.int16))
