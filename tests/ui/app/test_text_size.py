"""The size of text: chosen in the sidebar or by a link, it enlarges what is read, and images stay as they are."""

from streamlit.testing.v1 import AppTest

from featviz.render.charts.bars import probability_bars
from featviz.render.charts.theme import LIGHT, ChartTheme
from tests.test_pages import ROOT


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=60)
    app.query_params.update(query)
    return app.run()


def is_large(app: AppTest) -> bool:
    return any("html { font-size: 140%; }" in each.proto.body for each in app.get("html"))


def test_the_switch_enlarges_the_text_and_the_link_keeps_it() -> None:
    app = opened()
    switch = next(each for each in app.toggle if each.label == "Presenter size")
    assert not switch.value
    assert not is_large(app)
    switch.set_value(True).run()
    assert is_large(app)
    assert app.session_state["text"] == "large"
    switch.set_value(False).run()
    assert not is_large(app)


def test_a_link_opens_the_page_large() -> None:
    app = opened(text="large")
    assert next(each for each in app.toggle if each.label == "Presenter size").value
    assert is_large(app)
    assert not is_large(opened(text="140%"))


def test_charts_follow_in_letters_and_height() -> None:
    def sizes(theme: ChartTheme) -> tuple[float, ...]:
        layout = probability_bars(["a", "b", "c"], [0.5, 0.3, 0.2], theme=theme).layout
        axis = layout.template.layout.xaxis
        return layout.height, layout.template.layout.font.size, axis.tickfont.size, layout.yaxis.tickfont.size

    large = ChartTheme(**{**vars(LIGHT), "text_scale": 1.5})
    assert sizes(large) == tuple(1.5 * size for size in sizes(LIGHT))
