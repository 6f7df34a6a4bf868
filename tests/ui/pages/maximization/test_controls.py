"""Where the next run begins after a change."""

import numpy as np
import pytest

from featviz.ui.pages.maximization import controls
from featviz.ui.pages.maximization.controls import use_warm_start
from featviz.ui.pages.maximization.view_state import VIEW

ONTO, ONWARD = VIEW["onto"].key, VIEW["onward"].key


@pytest.fixture
def state(monkeypatch):
    state = {ONTO: "run/before"}
    monkeypatch.setattr(controls.st, "session_state", state)
    return state


def shows(monkeypatch, pictures):
    monkeypatch.setattr(controls, "present_images", lambda: pictures)


def test_a_second_change_before_the_first_picture_keeps_the_start(monkeypatch, state):
    shows(monkeypatch, None)
    use_warm_start("fourier.decay")
    assert state[ONTO] == "run/before"


def test_a_change_goes_on_from_the_picture_on_the_screen(monkeypatch, state):
    shows(monkeypatch, np.zeros((1, 8, 8, 3), np.float32))
    use_warm_start("fourier.decay")
    assert state[ONTO].startswith("run/")
    assert state[ONTO] != "run/before"


@pytest.mark.parametrize("changed", ["seed", "deviation"])
def test_another_noise_begins_anew(monkeypatch, state, changed):
    shows(monkeypatch, np.zeros((1, 8, 8, 3), np.float32))
    use_warm_start(changed)
    assert state[ONTO] == ""


def test_nothing_goes_on_where_that_is_switched_off(monkeypatch, state):
    shows(monkeypatch, np.zeros((1, 8, 8, 3), np.float32))
    state[ONWARD] = "0"
    use_warm_start("fourier.decay")
    assert state[ONTO] == ""
