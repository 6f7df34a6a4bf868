import pytest

from featviz.errors import BadInput
from featviz.ui.inputs import network
from featviz.ui.inputs.network import _lines
from tests.test_pages import assert_sound, open_page


def test_class_names_are_composed_printable_and_short() -> None:
    text = "\ufeffe\u0301clair\r\n\n  a\u202eb\x07 \n" + "x" * 300
    names = _lines(text.encode())
    assert names[:2] == ("\u00e9clair", "a\ufffdb\ufffd")
    assert (len(names), len(names[2])) == (3, 120)


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"a\n" * (1 << 20)])
def test_class_names_that_are_no_short_text_are_refused(text: bytes) -> None:
    with pytest.raises(BadInput, match="class names"):
        _lines(text)


def test_a_refused_file_of_class_names_is_said_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_choose_file", lambda: (b"", _lines(b"\xff")))
    app = open_page("network", model="torchvision/squeezenet1_1", weights="file")
    assert_sound(app)
    assert "UTF-8" in app.error[0].value
