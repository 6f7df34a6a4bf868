import numpy as np
import pytest

from featviz.ui.components.browser.payload import pack
from tests.ui.components.payloads import unpacked

VALUES = np.arange(6, dtype=np.uint16)


def test_what_is_packed_comes_out_again() -> None:
    arrays = {"first": VALUES.reshape(2, 3).T, "second": np.arange(5, dtype=np.int16) - 3}
    header, received = unpacked(pack({"words": "größer"}, **arrays).data)
    assert header["words"] == "größer"
    for name, array in arrays.items():
        np.testing.assert_array_equal(received[name], array)


def test_the_token_follows_everything_that_is_sent_and_nothing_else() -> None:
    assert pack({"a": 1}, values=VALUES) == pack({"a": 1}, values=VALUES.copy())
    assert pack({}, values=VALUES) == pack({}, values=VALUES.astype(">u2"))
    others = [
        pack({"a": 1}, values=VALUES),
        pack({"a": 2}, values=VALUES),
        pack({"a": 1}, values=VALUES + 1),
        pack({"a": 1}, values=VALUES.reshape(2, 3)),
        pack({"a": 1}, values=VALUES.view(np.int16)),
        pack({"a": 1}, other=VALUES),
    ]
    assert len({each.token for each in others}) == len(others)


def test_arrays_that_the_browser_does_not_read_are_refused() -> None:
    for dtype in (bool, np.int64, np.float32, np.complex64):
        with pytest.raises(ValueError, match="expected"):
            pack({}, values=VALUES.astype(dtype))
