"""Reads payloads as the browser does, for tests of what is sent."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the arrays of a payload's bytes."""
    start = 4 + int.from_bytes(data[:4], "little")
    header = json.loads(data[4:start])
    arrays = {}
    for told in header.pop("arrays"):
        assert start % 8 == 0
        dtype, count = np.dtype(f"<{told['type']}"), int(np.prod(told["shape"]))
        arrays[told["name"]] = np.frombuffer(data, dtype, count, start).reshape(told["shape"])
        start += -(-count * dtype.itemsize // 8) * 8
    assert start == len(data)
    return header, arrays
