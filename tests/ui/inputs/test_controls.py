"""Controls hold what was chosen, follow defaults that nobody chose, and never send back words of before."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from featviz.ui.state.view_state import Text, ViewState

VIEW = ViewState("a view", metal=Text())


def page() -> None:
    import streamlit as st

    from featviz.ui.inputs.controls import choice
    from tests.ui.inputs.test_controls import VIEW

    here = st.session_state.setdefault("here", "copper")
    choice("Metal", ["copper", "silver", "gold"], key=VIEW["metal"], default=here)


def opened() -> AppTest:
    return AppTest.from_function(page).run()


def at(app: AppTest, default: str) -> str:
    """What the control holds where another default counts, as on another page."""
    app.session_state["here"] = default
    return str(app.run().selectbox(key="metal").value)


def test_a_default_that_nobody_touched_follows_the_page() -> None:
    app = opened()
    assert [at(app, each) for each in ("silver", "gold", "copper")] == ["silver", "gold", "copper"]


def test_a_choice_stays_also_where_it_was_a_default_before() -> None:
    app = opened()
    assert at(app, "silver") == "silver"
    app.selectbox(key="metal").set_value("copper").run()
    assert [at(app, each) for each in ("silver", "gold", "copper")] == ["copper"] * 3
    app.selectbox(key="metal").set_value("gold").run()
    app.selectbox(key="metal").set_value("copper").run()
    assert at(app, "silver") == "copper"


def test_what_a_link_or_a_click_keeps_is_a_choice_even_if_it_is_the_default() -> None:
    app = opened()
    app.session_state["metal"] = "gold"
    app.run()
    assert at(app, "silver") == "gold"
