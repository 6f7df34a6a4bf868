import pytest
from streamlit.testing.v1 import AppTest

from featviz.errors import BadInput
from featviz.models.sources import torchvision as zoo
from featviz.ui.inputs import network
from featviz.ui.inputs.network import _lines
from tests.test_links import written
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


def test_the_address_follows_to_a_network_whose_weights_are_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "is_cached", lambda _architecture: False)
    app = open_page("network")
    app.selectbox(key="model").set_value("torchvision/resnet18").run()
    assert_sound(app)
    assert written(app) == {"model": "torchvision/resnet18", "weights": "pretrained"}


def test_random_weights_come_first_once_it_is_known_that_there_is_no_internet() -> None:
    def offer(error: str) -> None:
        import streamlit as st

        from featviz.errors import WeightsUnavailable
        from featviz.models.sources.load import model_card
        from featviz.ui.inputs.download import _offer

        known = WeightsUnavailable(error) if error else None
        _offer(model_card("torchvision/resnet18"), lambda: iter(()), known, None)
        st.stop()

    labels = ["Download them", "Use random weights"]
    for error, expected in (("", labels), ("The host cannot be reached.", labels[::-1])):
        app = AppTest.from_function(offer, args=(error,)).run()
        assert not app.exception
        assert [each.label for each in app.button][:2] == expected
        assert [each.proto.type for each in app.button][:2] == ["primary", "secondary"]


def test_where_a_few_may_be_chosen_nobody_is_offered_all() -> None:
    for page in ("feature_maps", "attribution", "feature_quality"):
        app = open_page(page, columns="classes")
        limited = [each.proto for each in app.multiselect if each.proto.max_selections]
        assert limited
        assert {each.select_all for each in limited} == {0}
