"""The current unit is what was chosen, wherever: others open with it once, and what a link names itself wins."""

from typing import Any

import pytest

from featviz.explain.targets.units import Channel
from featviz.ui.app import address
from featviz.ui.pages.views import views
from featviz.ui.state.current_unit import announce_unit, current_unit, settle_unit, unit_to_take_up
from featviz.ui.state.offered_links import link_query

VIEWS = views()
OBJECTIVE = VIEWS["maximization"]["objective"]
UNIT = Channel("stage2.1", 10)


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", kept)
    return kept


def choose(page: str, unit: Channel) -> None:
    announce_unit(page)
    settle_unit(page, unit)


def opened(monkeypatch: pytest.MonkeyPatch, page: str, **query: str) -> None:
    monkeypatch.setattr("streamlit.query_params", query)
    address.open_link(VIEWS.values(), page)


def test_what_a_page_opens_with_is_no_choice() -> None:
    settle_unit("feature_maps", UNIT)
    assert current_unit() is None
    announce_unit("filters")
    settle_unit("feature_maps", UNIT)
    assert current_unit() is None


def test_a_unit_is_taken_up_once_by_each_page() -> None:
    assert unit_to_take_up("maximization", [OBJECTIVE]) is None
    choose("feature_maps", UNIT)
    assert current_unit() == UNIT
    assert unit_to_take_up("maximization", [OBJECTIVE]) == UNIT
    assert unit_to_take_up("maximization", [OBJECTIVE]) is None
    assert unit_to_take_up("filters", []) == UNIT
    choose("filters", Channel("stem.conv", 3))
    assert unit_to_take_up("maximization", [OBJECTIVE]) == Channel("stem.conv", 3)


def test_a_unit_that_a_network_has_not_waits_for_one_that_has() -> None:
    choose("feature_maps", UNIT)
    assert unit_to_take_up("maximization", [OBJECTIVE], lambda _: False) is None
    assert unit_to_take_up("maximization", [OBJECTIVE]) == UNIT


def test_a_choice_that_a_link_names_itself_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    choose("feature_maps", UNIT)
    opened(monkeypatch, "Activation maximization", objective="stem/1", current_unit="stem/2")
    assert unit_to_take_up("maximization", [OBJECTIVE]) is None
    assert OBJECTIVE.text == "stem/1"
    settle_unit("maximization", Channel("stem", 1))
    assert current_unit() == Channel("stem", 1)
    assert unit_to_take_up("maximization", [OBJECTIVE]) is None, "its own choice is no news to a page"
    assert unit_to_take_up("filters", []) == Channel("stem", 1)


def test_a_link_of_this_session_chooses_what_it_says_and_leaves_the_rest(
    session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(monkeypatch, "Feature maps", order="strength", start_from="run/" + "0" * 32, image="shapes/4")
    query = link_query({"objective": "stem/1", "start_from": ""})
    assert query == {"image": "shapes/4", "objective": "stem/1"}
    opened(monkeypatch, "Feature maps", **query)
    assert "objective" not in session or OBJECTIVE.text == "stem/1"
    session.update(order="strength", start_from="run/" + "0" * 32)
    opened(monkeypatch, "Activation maximization", **query)
    assert OBJECTIVE.text == "stem/1"
    assert VIEWS["feature_maps"]["order"].text == "strength"
    assert VIEWS["maximization"]["start_from"].text == ""
    OBJECTIVE.keep("stem/7")
    opened(monkeypatch, "Activation maximization", **query)
    assert OBJECTIVE.text == "stem/7", "the same address, before it follows the view, undoes nothing"
