"""Where the next run begins after a change, and which controls there are at which level."""

import numpy as np
import pytest

from featviz.explain.maximization.config import OPTIMIZERS
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.ui.pages.maximization import warm_start
from featviz.ui.pages.maximization.view_state import VIEW
from featviz.ui.pages.maximization.warm_start import on_option, use_warm_start
from tests.test_pages import assert_sound, open_page

START_FROM, WARM_START = VIEW["start_from"].key, VIEW["warm_start"].key
INPUTS = ("slider", "number_input", "selectbox", "segmented_control", "toggle")
SLIDERS = [(PARAMETERIZATIONS["fourier"], "decay"), (TRANSFORM_PRESETS["lucid"], "strength")]
OTHERS = [
    *((OPTIMIZERS["gradient_ascent"], name) for name in ("seed", "steps", "rate")),
    *((PARAMETERIZATIONS["fourier"], name) for name in ("deviation", "colors")),
    (PARAMETERIZATIONS["maco"], "spectrum"),
]


@pytest.fixture
def state(monkeypatch):
    state = {START_FROM: "run/before"}
    monkeypatch.setattr(warm_start.st, "session_state", state)
    return state


def shows(monkeypatch, pictures):
    monkeypatch.setattr(warm_start, "present_images", lambda: pictures)


def test_a_second_change_before_the_first_picture_keeps_the_start(monkeypatch, state):
    shows(monkeypatch, None)
    on_option(PARAMETERIZATIONS["fourier"])("decay")
    assert state[START_FROM] == "run/before"


@pytest.mark.parametrize(("method", "option"), SLIDERS)
def test_a_slider_goes_on_from_the_picture_on_the_screen(monkeypatch, state, method, option):
    shows(monkeypatch, np.zeros((1, 8, 8, 3), np.float32))
    on_option(method)(option)
    assert state[START_FROM].startswith("run/")
    assert state[START_FROM] != "run/before"


@pytest.mark.parametrize(("method", "option"), OTHERS)
def test_what_is_no_slider_begins_anew(monkeypatch, state, method, option):
    shows(monkeypatch, np.zeros((1, 8, 8, 3), np.float32))
    on_option(method)(option)
    assert state[START_FROM] == ""


def test_a_slider_begins_anew_where_warm_start_is_off_and_going_on_still_goes_on(monkeypatch, state):
    shows(monkeypatch, np.zeros((1, 8, 8, 3), np.float32))
    state[WARM_START] = "0"
    on_option(PARAMETERIZATIONS["fourier"])("decay")
    assert state[START_FROM] == ""
    use_warm_start()
    assert state[START_FROM].startswith("run/")


def labels(**query: str) -> list[str]:
    """Of the controls of a run, below those of its objective."""
    app = open_page("maximization", options="gradient_ascent.steps=2", model="digits-cnn", **query)
    assert_sound(app)
    return [each.label for kind in INPUTS for each in getattr(app.main, kind)]


def test_a_newcomer_meets_two_controls_and_the_switch_to_more() -> None:
    basic = set(labels(objective="relu2/3"))
    more = set(labels(objective="relu2/3", controls="more"))
    every = set(labels(objective="relu2/3", controls="all"))
    objective = {"Objective", "Layer", "Channel", "Minimize"}
    assert basic - objective == {"Parameterization", "Controls", "Steps"}, (
        "the steps differ from their default"
    )
    assert basic < more < every
    assert {"Frequency decay", "Seed", "Transformation robustness", "Image size"} <= more - basic
    assert "Color decorrelation" not in every, "this network sees gray"
    assert {"Learning rate", "Init std", "Warm start", "Diversity"} <= every - more


def test_what_an_older_link_chooses_is_shown_though_its_level_is_not() -> None:
    shown = labels(objective="5", transforms="plain", start="image", warm_start="0", early="1-4th")
    assert {"Transformation robustness", "Initialization", "Warm start", "Ensemble"} <= set(shown)
    assert "Diversity" not in shown
