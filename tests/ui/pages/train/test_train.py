"""The page Train: an example at first sight, a run of one's own, and its network on the other pages."""

import time

import pytest

from featviz.training.trained_source import trained_run
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said, until

SETTINGS = {"set": "digits", "train_resolution": "16", "train_epochs": "2"}


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATVIZ_STORE", str(tmp_path / "embeddings"))
    yield
    end_all()


def test_a_finished_run_is_shown_before_anything_is_touched():
    app = until(open_page("train"), "A finished run as an example")
    assert_sound(app)
    assert "Textures of the Shapes world" in said(app)
    assert any(button.label.startswith("Train (about ") for button in app.button)


def test_a_run_is_trained_and_its_network_opens_on_other_pages():
    app = until(open_page("train", **SETTINGS), "The network has")
    next(button for button in app.button if button.label.startswith("Train (about ")).click().run()
    app = until(app, "Open the trained network")
    assert_sound(app)
    words = next(line for line in said(app).splitlines() if "list of networks as" in line)
    name = "trained/" + words.partition(" as ")[2].partition(",")[0]
    assert trained_run(name).epochs[-1].number == 2
    for page in ("feature_maps", "attribution", "network"):
        app.query_params.clear()
        opened = open_page(page, model=name, weights="trained", image="digits/3")
        assert_sound(opened)
        assert not opened.error
        assert name.rpartition("/")[2] in said(opened)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({**SETTINGS, "options": "run.settings.batch=4000"}, "larger than the"),
        ({"set": "photos", "train_method": "supervised"}, "two classes or more; no labels came"),
        ({**SETTINGS, "options": "network.vit.heads=5", "train_network": "vit"}, "5 heads do not divide"),
    ],
)
def test_what_cannot_be_trained_is_said(query, sentence):
    app = open_page("train", **query)
    end = time.monotonic() + 60
    while not app.error and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    assert sentence in " ".join(each.value for each in app.error)
    assert not app.exception


def test_a_page_asks_for_the_same_run_as_another_visitor():
    first = until(open_page("train", **SETTINGS, train_seed="3"), "The network has")
    next(button for button in first.button if button.label.startswith("Train (about ")).click().run()
    until(first, "Open the trained network")
    second = open_page("train", **SETTINGS, train_seed="3")
    assert "Open the trained network" in said(second)
