"""Colours say what they claim: every point has that of its category or value, and the legend counts right."""

import numpy as np

from featviz.render.categories import CATEGORY_COLORS, NO_CATEGORY
from featviz.render.colormaps import COLORMAPS
from featviz.render.point_colors import by_category, by_value, single_color


def colors_of(coloring):
    return coloring.palette[coloring.indices]


def test_points_of_one_category_share_a_color_and_the_legend_counts_them():
    coloring = by_category(["b", "a", None, "b"], "label")
    assert coloring.names == ("a", "b", "none")
    assert coloring.counts == (1, 2, 1)
    painted = colors_of(coloring)
    assert np.array_equal(painted[0], painted[3])
    assert np.array_equal(painted[1], CATEGORY_COLORS[0])
    assert np.array_equal(painted[2], NO_CATEGORY)


def test_numbers_stand_in_the_order_of_their_size_and_a_category_called_none_is_one():
    assert by_category(["10", "9", "x", "1"], "label").names == ("1", "9", "10", "x")
    coloring = by_category(["none", "a"], "label")
    assert not coloring.nameless
    assert not (coloring.palette == NO_CATEGORY).all(1).any()


def test_an_order_that_is_given_is_kept():
    assert by_category(["no", "yes"], "right?", ["yes", "no"]).names == ("yes", "no")
    assert by_category(["no"], "right?", ["yes", "no"]).names == ("no",)


def test_hidden_categories_hide_their_points():
    coloring = by_category(["a", "b", "c", "b"], "label")
    assert coloring.shown(()) is None
    assert coloring.shown({7}) is None
    assert coloring.shown({1}).tolist() == [True, False, True, False]
    assert coloring.shown({0, 1, 2}).tolist() == [False] * 4


def test_few_of_many_categories_get_colors_of_their_own():
    values = [f"{number:03}" for number in range(80)]
    coloring = by_category(values, "label")
    assert "80 categories" in coloring.note
    hidden = set(range(80)) - {5, 15, 25}
    few = coloring.without(hidden)
    assert len(np.unique(colors_of(few)[[5, 15, 25]], axis=0)) == 3
    assert few.note == ""


def test_values_run_through_the_color_bar_and_unknown_ones_are_gray():
    coloring = by_value([0.0, 0.5, 1.0, np.nan], "confidence")
    table = COLORMAPS["viridis"].table
    painted = colors_of(coloring)
    assert np.array_equal(painted[0], table[0])
    assert np.array_equal(painted[2], table[255])
    assert np.array_equal(painted[3], NO_CATEGORY)
    assert coloring.bounds == (0.0, 1.0)
    assert "(1)" in coloring.note


def test_one_outlier_does_not_use_up_all_colors():
    values = np.append(np.linspace(0, 1, 999), 1e6)
    coloring = by_value(values, "unit 3")
    assert coloring.bounds[1] < 1.1
    assert coloring.beyond == (True, True)
    assert len(np.unique(coloring.indices)) > 200


def test_the_same_value_everywhere_and_no_value_at_all_are_painted():
    assert len(np.unique(by_value([2.0, 2.0], "v").indices)) == 1
    assert by_value([np.nan], "v").bounds is None
    assert np.array_equal(colors_of(single_color(2, "not yet")), [NO_CATEGORY] * 2)
