"""What is picked on a map is taken up once, honours what is hidden, and belongs to its points."""

import numpy as np
import pytest
import streamlit

from featviz.representation.embeddings import Embeddings
from featviz.ui.pages.embeddings import selection_state as picks
from featviz.ui.pages.embeddings.points import Points
from featviz.ui.state.image_sets import ChosenSet

PLACES = np.array([[0, 0], [1, 1], [2, 2], [3, 3]], np.float32)


@pytest.fixture
def state(monkeypatch):
    """The session."""
    session = {}
    monkeypatch.setattr(streamlit, "session_state", session)
    return session


def points_of(key="a"):
    embeddings = Embeddings(np.eye(4), tuple("wxyz"))
    return Points(embeddings, ChosenSet("s", "S", None, embeddings), (key,), 4)


def send(state, **event):
    state[picks.SCATTER] = {"event": event}


def test_a_box_selects_what_is_shown_and_inside_once(state):
    send(state, serial=1, box=[0.5, 0.5, 3, 3])
    assert picks.has_news()
    picks.take_news(points_of(), PLACES, np.array([True, True, False, True]))
    assert picks.selected(points_of()).tolist() == [1, 3]
    assert not picks.has_news()
    picks.clear_selection()
    picks.take_news(points_of(), PLACES, None)
    assert picks.selected(points_of()).tolist() == []


def test_a_selection_belongs_to_its_points(state):
    send(state, serial=4, polygon=[[-1, -1], [5, -1], [5, 5], [-1, 5]])
    picks.take_news(points_of("a"), PLACES, None)
    assert picks.selected(points_of("a")).tolist() == [0, 1, 2, 3]
    assert picks.selected(points_of("b")).tolist() == []


def test_a_click_pins_and_nothing_unpins(state):
    send(state, serial=1, pinned=2)
    picks.take_news(points_of(), PLACES, None)
    assert picks.pinned(points_of()) == 2
    send(state, serial=2)
    picks.take_news(points_of(), PLACES, None)
    assert picks.pinned(points_of()) is None


def test_a_scatter_that_was_drawn_anew_counts_from_one_again(state):
    send(state, serial=1, pinned=2)
    picks.take_news(points_of(), PLACES, None)
    state.pop(picks.SCATTER)
    picks.take_news(points_of(), PLACES, None)
    send(state, serial=1, pinned=3)
    assert picks.has_news()
    picks.take_news(points_of(), PLACES, None)
    assert picks.pinned(points_of()) == 3


@pytest.mark.parametrize("text", ["", "-1", "4", "x", "9" * 40, "１"])
def test_a_link_may_name_any_point(state, text):
    state["pin"] = text
    assert picks.pinned(points_of()) is None
