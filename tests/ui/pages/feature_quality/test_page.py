"""The Feature quality page: it opens alone, measures, compares, refuses in words, and its link reopens it."""

import re
import time
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.data.sets.image_set import ImageSet
from featviz.models.sources.load import load_model
from featviz.representation.descriptors import describe
from featviz.representation.embeddings import Embeddings
from featviz.representation.quality import MEASURES, Measurement, report
from featviz.statistics import wilson_interval
from featviz.ui.pages.feature_quality import tasks
from featviz.ui.pages.feature_quality.controls import Network, QualityRequest
from featviz.ui.pages.feature_quality.learning import gain
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
    """The page when what it offers was asked for and is there."""
    for offer in [button for button in app.button if button.label.startswith("Evaluate")]:
        offer.click()
        app.run()
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
    of_own_units = [each for each in app.markdown if "Each layer has a unit of its own" in (each.help or "")]
    assert [each.value for each in of_own_units] == ["**Intra-class distance**", "**Inter-class distance**"]
    assert "Dashed: shuffled labels" in said(app)
    lines = card(app)
    assert [line[0].strip("* ↑↓") for line in lines] == [method.name for method in MEASURES]
    assert "nearest images classifies" in lines[0][2]
    assert "shuffled labels" in lines[0][1]
    assert "60 images of 10 classes" in said(app)
    app.selectbox(key="graded_layer").set_value("relu1").run()
    assert_sound(app)
    assert card(app)[0][1] != lines[0][1]


def test_the_same_network_with_random_weights_stands_beside_it_until_another_is_chosen() -> None:
    app = finished(open_page(PAGE, **QUICK))
    names = app.segmented_control(key="graded_network").options
    assert names == ["digits-cnn, trained", "digits-cnn, random"]
    alone = finished(open_page(PAGE, **QUICK, models="none"))
    assert_sound(alone)
    assert "graded_network" not in alone.session_state


def test_with_corrupted_images_the_robustness_is_measured() -> None:
    app = finished(open_page(PAGE, **{**QUICK, "disturbed": "yes", "models": "none", "depth": "relu3"}))
    assert_sound(app)
    assert "The features of corrupted images have a cosine similarity of" in card(app)[-1][2]
    assert re.search(r"By severity: .*Weak Gaussian noise \d\.\d\d, \d\.\d\d, \d\.\d\d", said(app))


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


def test_work_is_offered_with_its_cost_and_never_begins_by_itself() -> None:
    app = open_page(PAGE, **QUICK)
    assert_sound(app)
    offers = [button.label for button in app.button if button.label.startswith("Evaluate")]
    assert len(offers) == 1 and re.fullmatch(r"Evaluate \(about \d+ s\)", offers[0])
    assert "2 layers of digits-cnn, trained and 2 layers of digits-cnn, random, 60 images" in said(app)
    assert not [key for key in FEATURES._entries if str(key[0]).startswith("quality")]
    assert_sound(finished(app))
    assert card(app)


def test_finished_layers_are_kept_when_the_work_is_stopped_and_only_the_others_are_offered() -> None:
    alone = {**QUICK, "models": "none"}
    finished(open_page(PAGE, **{**alone, "depth": "relu1"}))
    app = open_page(PAGE, **alone)
    assert_sound(app)
    assert "1 layer of digits-cnn" in said(app)
    assert app.selectbox(key="graded_layer").options == ["relu1"] and card(app)
    model, digits = load_model("digits-cnn"), ImageSet.bundled("digits", 60)
    chosen = ChosenSet("digits", "Digits", digits, content="stopped")
    network = Network("digits-cnn, trained", model, {"relu1": "mean", "relu3": "mean"})
    request = QualityRequest((network,), chosen, disturbed=False)
    run = tasks.quality_tasks(request)[network.name].run()
    while "relu3" not in (next(run).result or {}):
        pass
    run.close()
    assert list(tasks.measured(request)[network.name]) == ["relu1"]
    again = list(tasks.quality_tasks(request)[network.name].run())
    assert all(each.note.startswith(("relu3", "embedding")) or each.done == each.total for each in again)
    assert list(tasks.measured(request)[network.name]) == ["relu1", "relu3"]


def test_without_corrupted_images_nothing_is_drawn_of_robustness() -> None:
    app = finished(open_page(PAGE, **{**QUICK, "models": "none"}))
    robustness = MEASURES["feature_stability"].name
    assert not [each for each in app.markdown if each.value.startswith(f"**{robustness}") and each.help]
    assert "no corrupted images went through the network" in card(app)[-1][2]


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
        "graded_layer": "relu1",
        "models": "digits-cnn@random",
        "graded_network": "digits-cnn, random",
    }
    app = finished(open_page(PAGE, **query))
    assert_sound(app)
    for key, value in query.items():
        assert app.session_state[key] == value, key


def test_hand_made_features_stand_beside_the_layers() -> None:
    app = finished(open_page(PAGE, hand_made="hog,color_histogram", **QUICK))
    assert_sound(app)
    assert not app.error
    words = said(app)
    assert "What learning adds" in words
    assert "**Above HOG: Linear probe**" in words
    app.segmented_control(key="graded_network").set_value("Hand-made features").run()
    app.selectbox(key="graded_layer").set_value("HOG").run()
    expected = report(describe(ImageSet.bundled("digits", 60), "hog"), measures=["knn_accuracy"])[
        "knn_accuracy"
    ]
    assert card(app)[0][2] == expected.sentence.replace("$", "\\$")
    assert "report(featviz.describe(images, descriptor))" in app.code[0].value


def test_what_learning_adds_is_a_difference_with_its_interval() -> None:
    layer = Measurement(0.8, "", interval=wilson_interval(56, 70))
    by_hand = Measurement(0.6, "", interval=wilson_interval(48, 80))
    assert gain(layer, by_hand) == pytest.approx((20, 5.24, 33.39), abs=0.01)
    assert gain(layer, Measurement(None, "")) is None
