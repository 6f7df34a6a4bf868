"""Bars are as long as the numbers they were given, in the colors that say what they are."""

import numpy as np
import pytest

from featviz.render.charts.bars import MAX_BARS, norm_bars, probability_bars, scree_bars, unit_bars
from featviz.render.charts.template import template
from featviz.render.charts.theme import DARK, LIGHT, ChartTheme

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


@THEMES
def test_units_stand_in_the_order_given_and_one_is_marked(theme: ChartTheme) -> None:
    drawn = unit_bars(np.array([3.0, -1.0, 2.5]), ["a", "b", "c"], [2, 0, 1], selected=0, theme=theme)
    (bars,) = drawn.data
    assert list(bars.y) == [2.5, 3.0, -1.0]
    assert list(bars.customdata) == ["c", "a", "b"]
    assert list(bars.marker.color) == [theme.quiet, theme.accent, theme.quiet]
    assert drawn.layout.yaxis.title.text == "activation" and drawn.layout.xaxis.title.text == "unit"
    assert drawn.layout.template == template(theme)


def test_of_very_many_units_the_first_in_order_are_drawn() -> None:
    values = np.arange(MAX_BARS + 10, dtype=np.float32)
    order = range(len(values))[::-1]
    (bars,) = unit_bars(values, [str(v) for v in values], order, selected=-1).data
    assert len(bars.y) == MAX_BARS
    assert bars.y[0] == values[-1] and bars.y[-1] == values[10]


@THEMES
def test_dead_and_selected_filters_have_their_colors(theme: ChartTheme) -> None:
    drawn = norm_bars(np.array([0.5, 0.0, 2.0]), [1], 2, theme=theme)
    (bars,) = drawn.data
    assert list(bars.y) == [0.5, 0.0, 2.0]
    assert list(bars.marker.color) == [theme.quiet, theme.warning, theme.accent]
    assert list(bars.customdata) == ["live", "dead", "selected"]
    assert drawn.layout.yaxis.title.text == "L2 norm"
    assert "dead" not in norm_bars(np.ones(2), [], None).data[0].customdata


def test_norms_beside_each_other_can_have_one_scale() -> None:
    low, high = np.array([0.5, 0.4]), np.array([0.8, 0.1])
    ends = [norm_bars(norms, [], None, highest=0.8).layout.yaxis.range for norms in (low, high)]
    assert ends[0] == ends[1]
    assert ends[0][0] == 0 and ends[0][1] > 0.8
    assert norm_bars(low, [], None).layout.yaxis.range[1] < 0.6
    assert norm_bars(np.zeros(2), [], None).layout.yaxis.range[1] > 0


@THEMES
def test_scree_is_counted_from_one_in_percent(theme: ChartTheme) -> None:
    drawn = scree_bars([0.6, 0.3, 0.1], [0, 2], theme=theme)
    (bars,) = drawn.data
    assert list(bars.x) == [1, 2, 3] and list(bars.y) == [0.6, 0.3, 0.1]
    assert list(bars.marker.color) == [theme.accent, theme.quiet, theme.accent]
    assert drawn.layout.xaxis.title.text == "principal component"
    assert drawn.layout.yaxis.tickformat == ".0%"


@THEMES
def test_equal_labels_keep_a_bar_each_best_first(theme: ChartTheme) -> None:
    drawn = probability_bars(["crane", "crane", "x" * 60], [0.75, 0.2, 0.05], theme=theme)
    (bars,) = drawn.data
    assert list(bars.x) == [0.75, 0.2, 0.05] and list(bars.y) == [0, 1, 2]
    assert list(bars.text) == ["75.0%", "20.0%", "5.0%"]
    low, high = drawn.layout.yaxis.range
    assert low > high, "the first row is the uppermost"
    assert drawn.layout.xaxis.range[0] == 0 and drawn.layout.xaxis.range[1] >= 1
    assert list(drawn.layout.yaxis.ticktext)[:2] == ["crane", "crane"]
    assert len(drawn.layout.yaxis.ticktext[2]) < 30 and bars.customdata[2] == "x" * 60
