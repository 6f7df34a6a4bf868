"""Reads payloads as the browser does, for tests of what is sent."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest


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


def map_grids(app: AppTest, first: str) -> list[tuple[dict[str, Any], dict[str, Any], NDArray[Any]]]:
    """The map grids of a page whose first map is called so, in their order: view, header, maps."""
    sent = [element.proto.bytes for element in app.get("bidi_component")]
    views = [json.loads(each) for each in sent if each[:1] == b"{"]
    found = []
    for payload in (each for each in sent if each[4:5] == b"{"):
        header, arrays = unpacked(payload)
        if header.get("labels", [""])[0] == first:
            view = next(each for each in views if each.get("token") == header["token"])
            found.append((view, header, arrays["maps"]))
    return found
