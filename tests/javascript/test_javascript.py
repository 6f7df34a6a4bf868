"""The pure parts of the browser's code, run by node; the tests themselves are the files beside this one."""

import json
import re
from pathlib import Path

import numpy as np

from featviz.ui.components.browser.payload import pack
from tests.javascript.node import node

HERE = Path(__file__).parent
NAMES = {"u1": "Uint8Array", "u2": "Uint16Array", "u4": "Uint32Array", "i2": "Int16Array"}

PACKED = [
    ({"words": 'größer, "quoted"\n<b>', "steps": [1, 2.5, None]}, {"one": np.arange(7, dtype=np.uint8)}),
    ({}, {}),
    (
        {"factor": 1e-38},
        {
            "odd": np.array([[255], [0], [1]], np.uint8),
            "large": np.array([2**32 - 1, 0, 7], ">u4"),
            "none": np.zeros((0, 3), np.uint16),
            "signed": np.array([[-32768, 32767], [-1, 0]], np.int16)[::-1],
            "small": np.arange(12, dtype=np.uint16).reshape(3, 4).T,
        },
    ),
]


def told(header: dict, arrays: dict[str, np.ndarray]) -> dict:
    return {
        "data": pack(header, **arrays).data.hex(),
        "header": header,
        "arrays": {
            name: {
                "type": NAMES[array.dtype.newbyteorder("<").str[1:]],
                "shape": array.shape,
                "values": array.ravel().tolist(),
            }
            for name, array in arrays.items()
        },
    }


def test_the_pure_parts_hold_in_node() -> None:
    files = sorted(str(file) for file in HERE.glob("*.test.js"))
    packed = json.dumps([told(*each) for each in PACKED])
    said = node("--test", "--test-reporter=tap", *files, PACKED=packed)
    counts = dict(re.findall(r"^# (pass|fail|skipped) (\d+)$", said, re.MULTILINE))
    assert int(counts.pop("pass")) >= 37
    assert counts == {"fail": "0", "skipped": "0"}
