"""The check that is open stays open when its sign changes, and a link opens it."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from featviz.ui.pages.attribution.evaluation import _tabs

    sign = st.session_state.get("sign", "?")
    names = ("deletion", "randomization", "shift")
    _tabs({name: f"{sign} {name}" for name in names})


def opened(app: AppTest) -> int:
    container = next(each for each in app.get("tab_container"))
    return int(container.proto.tab_container.default_tab_index)


def test_the_first_check_is_open_until_one_is_chosen() -> None:
    assert opened(AppTest.from_function(page, default_timeout=60).run()) == 0


def test_a_link_opens_its_check_and_another_sign_leaves_it_open() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["check"] = "randomization"
    assert opened(app.run()) == 1
    app.session_state["sign"] = "+"
    assert opened(app.run()) == 1


def test_a_check_that_is_none_opens_the_first() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["check"] = "astrology"
    assert opened(app.run()) == 0
