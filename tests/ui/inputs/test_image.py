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


def tiles(app: AppTest) -> str:
    """Which images the sidebar offers to click on."""
    said = [each.value for each in app.sidebar.caption]
    return next(each for each in said if " to " in each)


def test_the_image_is_chosen_above_the_network() -> None:
    app = open_page("network")
    assert [each.value for each in app.sidebar.subheader] == ["Image", "Network"]
    app = open_page("visual_search", set_size="500")
    assert [each.value for each in app.sidebar.subheader] == ["Images", "Network"]


def test_an_image_is_chosen_by_its_number_and_the_tiles_follow() -> None:
    app = open_page("network", image="shapes/7")
    number = app.number_input(key="gallery.number")
    assert (number.value, number.min, number.max) == (7, 0, 1999)
    assert tiles(app) == "0 to 11"
    number.set_value(1999).run()
    assert app.session_state["image"] == "shapes/1999"
    assert tiles(app) == "1,992 to 1,999"
    assert app.button(key="gallery.later").disabled
    app.button(key="gallery.earlier").click().run()
    assert tiles(app) == "1,980 to 1,991"
    assert app.session_state["image"] == "shapes/1999", "to look at others is to choose none"
    app.number_input(key="gallery.number").set_value(3).run()
    assert tiles(app) == "0 to 11"


def test_an_image_beyond_the_usual_ones_is_opened_and_named_in_the_code() -> None:
    app = open_page("network", image="digits/1500")
    assert app.number_input(key="gallery.number").value == 1500
    assert 'ImageSet.bundled("digits", 1501)[1500]' in app.code[0].value
    assert 'ImageSet.bundled("digits")[7]' in open_page("network", image="digits/7").code[0].value
