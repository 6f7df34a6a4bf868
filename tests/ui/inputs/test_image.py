"""The source that the sidebar names is always that of the image that is shown, and a lost image is said to be lost."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from featviz.models.sources.load import list_models
from featviz.models.sources.registry import SOURCES
from featviz.ui.state.jobs import end_all
from tests.test_pages import open_page


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


def source(app: AppTest) -> str:
    return str(app.selectbox(key="source").value)


def test_another_network_brings_its_images_and_the_control_says_so() -> None:
    app = open_page("network")
    assert source(app) == "shapes"
    app.selectbox(key="model").set_value("digits-cnn").run()
    assert source(app) == "digits"


def test_an_image_that_was_chosen_stays_with_another_network() -> None:
    app = open_page("network", image="shapes/7")
    app.selectbox(key="model").set_value("digits-cnn").run()
    assert app.session_state["image"] == "shapes/7"
    assert source(app) == "shapes"


@pytest.mark.parametrize(("chosen", "first"), [("digits", "digits/0"), ("photos", "photos/china")])
def test_another_source_shows_its_first_image_at_once(chosen: str, first: str) -> None:
    app = open_page("network", image="shapes/7")
    app.selectbox(key="source").set_value(chosen).run()
    assert app.session_state["image"] == first
    assert source(app) == chosen
    assert not app.exception


def test_an_upload_is_waited_for_with_an_image_that_suits() -> None:
    app = open_page("network", image="shapes/7")
    app.selectbox(key="source").set_value("upload").run()
    assert source(app) == "upload"
    assert not app.exception
    assert not app.warning


def test_a_link_to_an_image_that_is_gone_says_so() -> None:
    app = open_page("network", image="upload/" + "a" * 32)
    assert any("not on this server any more" in each.value for each in app.warning)
    assert source(app) == "shapes"


def test_the_words_for_weights_are_the_same_for_every_network_that_has_them() -> None:
    """The closed box keeps its words when the network changes."""
    words: dict[str, set[str]] = {}
    for card in list_models():
        for each in SOURCES.of(card).weights(card.name).options:
            words.setdefault(each.id, set()).add(each.name)
    assert {weights: names for weights, names in words.items() if len(names) > 1} == {}
