"""The shared look can be read on both pages, has the app's colors, and takes names for names."""

import json
import re
import tomllib
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from featviz.render.charts.bars import unit_bars
from featviz.render.charts.template import chart_text, template
from featviz.render.charts.theme import DARK, LIGHT, ChartTheme

SETTINGS = tomllib.loads((Path(__file__).parents[3] / ".streamlit/config.toml").read_text("utf-8"))["theme"]
THEMES = pytest.mark.parametrize(("theme", "name"), [(LIGHT, "light"), (DARK, "dark")], ids=["light", "dark"])


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = np.array([*bytes.fromhex(color.removeprefix("#"))]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
def test_the_colors_are_the_apps(theme: ChartTheme, name: str) -> None:
    assert theme.accent == SETTINGS[name]["primaryColor"]
    assert theme.text == SETTINGS[name]["textColor"]
    assert theme.surface == SETTINGS[name]["secondaryBackgroundColor"]
    assert list(theme.colorway) == SETTINGS["chartCategoricalColors"]
    assert theme.series[0] == theme.accent


@THEMES
def test_what_is_drawn_can_be_seen_on_the_page(theme: ChartTheme, name: str) -> None:
    ground = SETTINGS[name]["backgroundColor"]
    for text, behind in product((theme.text, theme.muted), (ground, theme.surface)):
        assert contrast(text, behind) >= 4.5
    for drawn in (*theme.series, theme.quiet, theme.warning):
        assert contrast(drawn, ground) >= 3


@THEMES
def test_the_page_shows_through_and_a_finger_scrolls_it(theme: ChartTheme, name: str) -> None:
    layout = template(theme).layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.dragmode is False and layout.xaxis.fixedrange and layout.yaxis.fixedrange
    assert layout.font.color == theme.text
    assert layout.hoverlabel.bgcolor == theme.surface


def test_names_are_neither_markup_nor_templates() -> None:
    text = chart_text('<a href="http://x">%{y}</a> & more', None)
    assert "<" not in text and "%{" not in text
    assert text.endswith("&amp; more")
    assert chart_text("a" * 40, 10) == "a" * 9 + "…"
    assert chart_text("a" * 10, 10) == "a" * 10


def test_a_visitors_words_reach_the_browser_escaped() -> None:
    drawn = unit_bars(np.ones(1), ["<b>%{x}</b>"], [0], selected=0)
    told = json.dumps(json.loads(drawn.to_json())["data"])
    assert not re.search(r"<b>|%\{x\}</b>", told)
    assert "&lt;b&gt;" in told
