"""The Feature quality page: it opens alone, measures, compares, refuses in words, and its link reopens it."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.data.sets.image_set import ImageSet
from featviz.representation.embeddings import Embeddings
from featviz.representation.quality import MEASURES
from featviz.ui.pages.feature_quality import tasks
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said

PAGE = "feature_quality"
QUICK = {"model": "digits-cnn", "set": "digits", "depth": "relu1,relu3", "disturbed": "no"}


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Sixty digits stand for all of them, another set in each test, and nothing runs on."""
    content = f"digits 60 {request.node.name}"
    digits = ChosenSet("digits", "Digits", ImageSet.bundled("digits", 60), content=content)
    monkeypatch.setattr("featviz.ui.inputs.image_set.open_bundled_set", lambda *_: digits)
    yield
    end_all()
    FEATURES.clear()


def finished(app: AppTest, patience: float = 120) -> AppTest:
    until = time.monotonic() + patience
    while any(button.label == "Stop" for button in app.button) and time.monotonic() < until:
        time.sleep(0.3)
        app.run()
    return app.run()


def card(app: AppTest) -> list[list[str]]:
    """The lines of the report card: the measure, its numbers, what they say."""
    start = next(
        place for place, each in enumerate(app.markdown) if each.value.startswith("**k-NN") and not each.help
    )
    cells = [each.value for each in app.markdown[start : start + 3 * len(MEASURES)]]
    return [cells[place : place + 3] for place in range(0, len(cells), 3)]


def test_the_page_opens_alone() -> None:
    app = open_page(PAGE)
    assert_sound(app)
    assert not app.error
    assert app.title[0].value == "Feature quality"


def test_every_measure_of_every_layer_is_said_with_its_baseline() -> None:
    app = finished(open_page(PAGE, **QUICK))
    assert_sound(app)
    assert not app.error
    assert all(f"**{method.name}" in said(app) for method in MEASURES)
    assert "Dashed: shuffled labels" in said(app)
    lines = card(app)
    assert [line[0].strip("* ↑↓") for line in lines] == [method.name for method in MEASURES]
    assert "nearest images name the class" in lines[0][2]
    assert "shuffled labels" in lines[0][1]
    assert "60 images of 10 classes" in said(app)
    app.selectbox(key="graded").set_value("relu1").run()
    assert_sound(app)
    assert card(app)[0][1] != lines[0][1]


def test_the_same_network_with_random_weights_stands_beside_it_until_another_is_chosen() -> None:
    app = finished(open_page(PAGE, **QUICK))
    names = app.segmented_control(key="graded_network").options
    assert names == ["digits-cnn, trained", "digits-cnn, random"]
    alone = finished(open_page(PAGE, **QUICK, models="none"))
    assert_sound(alone)
    assert "graded_network" not in alone.session_state


def test_with_disturbed_pictures_the_stability_is_measured() -> None:
    app = finished(open_page(PAGE, **{**QUICK, "disturbed": "yes", "models": "none", "depth": "relu3"}))
    assert_sound(app)
    assert "Disturbed images keep a cosine of" in card(app)[-1][2]


def test_vectors_that_a_visitor_brought_are_judged_without_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    brought = Embeddings(
        vectors=vectors, ids=tuple(map(str, range(50))), labels=tuple("ab" * 25), layer="<b>*mine*"
    )
    given = ChosenSet("upload/x", "mine.npz", None, brought, content="upload/x")
    monkeypatch.setattr("featviz.ui.inputs.image_set.open_bundled_set", lambda *_: given)
    app = finished(open_page(PAGE))
    assert_sound(app)
    assert not app.error
    assert "two images" in said(app) and card(app)


def test_slow_work_is_offered_with_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_seconds", lambda *_: 300.0)
    app = open_page(PAGE, **QUICK)
    assert_sound(app)
    assert "about 10 min" in said(app)
    assert not [key for key in FEATURES._entries if key[0] == "quality"]
    next(button for button in app.button if button.label == "Evaluate").click().run()
    assert_sound(finished(app))
    assert card(app)


def test_too_many_numbers_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FEATURES, "limit", 40_000)
    app = finished(open_page(PAGE, **{**QUICK, "models": "none", "depth": "flatten,pool1"}))
    assert_sound(app)
    assert "choose fewer layers or fewer images" in said(app)


@pytest.mark.parametrize(
    "query",
    [
        {"depth": "no.such,,<b>"},
        {"depth": "none"},
        {"disturbed": "sometimes", "graded": "../x", "graded_network": "'; drop"},
        {"models": "../../a@b,digits-cnn@"},
    ],
)
def test_hostile_links_fall_back(query: dict[str, str]) -> None:
    app = finished(open_page(PAGE, **{**QUICK, **query}))
    assert not app.exception
    assert not app.error


def test_a_link_reopens_the_same_view() -> None:
    query = {
        **QUICK,
        "graded": "relu1",
        "models": "digits-cnn@random",
        "graded_network": "digits-cnn, random",
    }
    app = finished(open_page(PAGE, **query))
    assert_sound(app)
    for key, value in query.items():
        assert app.session_state[key] == value, key
