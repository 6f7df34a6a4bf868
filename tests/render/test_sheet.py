"""A contact sheet shows each picture in its place."""

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.render.sheet import sheet


def test_each_picture_stands_in_its_place() -> None:
    red, blue = np.zeros((2, 8, 8, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255
    drawn = sheet([[red, None], [None, blue]], rows=["a", "b"], columns=["c", "d"], tile=20)
    reds, blues = (drawn == [255, 0, 0]).all(2), (drawn == [0, 0, 255]).all(2)
    assert reds.sum() == blues.sum() == 400
    (top, left), (below, right) = np.argwhere(reds)[0], np.argwhere(blues)[0]
    assert below - top == right - left == 26


def test_heads_belong_to_the_tiles() -> None:
    with pytest.raises(BadInput, match="head"):
        sheet([[None]], rows=["a"], columns=["b", "c"])


def test_words_are_drawn_and_cut_where_there_is_no_room() -> None:
    plain = sheet([[None]], rows=[""], columns=[""], tile=40)
    assert (plain == 255).all()
    assert sheet([[None]], rows=[""], columns=["x" * 500], tile=40).shape == plain.shape
    assert (sheet([[None]], rows=[""], columns=["word"], tile=40, dark=True).std() > 0).all()
