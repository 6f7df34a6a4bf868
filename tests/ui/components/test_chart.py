"""One door for charts: what the browser is sent, in both themes, and that there is no other way in."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from featviz.ui.components.chart import LOADED

ROOT = Path(__file__).parents[3]
SOURCES = [*ROOT.glob("featviz/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]


def page() -> None:
    from featviz.render.charts.bars import scree_bars
    from featviz.ui.components.chart import chart, chart_theme

    chart(scree_bars([0.75, 0.25], [0], theme=chart_theme()), alt="Two components.", key="scree")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_figure_is_sent_as_it_was_made(dark: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from featviz.render.charts.theme import DARK, LIGHT

    monkeypatch.setattr("featviz.ui.components.chart.is_dark", lambda: dark)
    at = AppTest.from_function(page)
    at.session_state[LOADED] = True
    (sent,) = at.run().get("plotly_chart")
    spec, config, theme = json.loads(sent.proto.spec), json.loads(sent.proto.config), DARK if dark else LIGHT
    assert spec["data"][0]["y"] == [0.75, 0.25]
    assert spec["data"][0]["marker"]["color"][0] == theme.accent
    assert spec["layout"]["template"]["layout"]["font"]["color"] == theme.text
    assert sent.proto.theme == "", "Streamlit's theme would write over the template"
    assert sent.proto.alt == "Two components."
    assert not config["displaylogo"]


def test_the_first_chart_of_a_session_waits_until_the_browser_is_idle() -> None:
    at = AppTest.from_function(page).run()
    assert not at.exception
    assert not at.get("plotly_chart"), "the page would wait for plotly's script"
    at.session_state[LOADED] = True
    assert len(at.run().get("plotly_chart")) == 1


def test_charts_are_drawn_by_plotly_through_one_door() -> None:
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in SOURCES}
    assert [name for name, text in texts.items() if "st.plotly_chart" in text] == [
        "featviz/ui/components/chart.py"
    ]
    other = (
        "vega",
        "altair",
        "st.bar_chart",
        "st.line_chart",
        "st.scatter_chart",
        "st.area_chart",
        "labelExpr",
    )
    assert [name for name, text in texts.items() if any(word in text.lower() for word in other)] == []
    makers = [name for name, text in texts.items() if "import plotly" in text]
    assert all(name.startswith("featviz/render/charts/") for name in makers if "/ui/" not in name)
