"""What a browser says that it drew is a PNG file or nothing."""

import base64

import pytest

from featviz.ui.components.pad.pad import read_drawing


def test_a_drawing_is_the_file_that_was_sent() -> None:
    assert read_drawing("data:image/png;base64," + base64.b64encode(b"\x89PNG...").decode()) == b"\x89PNG..."


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "data:image/png;base64,",
        "data:image/png;base64,??",
        "data:text/html;base64,AAAA",
        "data:image/png;base64," + "A" * 5_000_000,
    ],
)
def test_anything_else_is_no_drawing(text: object) -> None:
    assert read_drawing(text) is None
