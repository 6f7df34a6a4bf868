"""Colours say what they claim: every point has that of its category or value, and the legend counts right."""

import numpy as np

from featviz.render.categories import CATEGORY_COLORS, NO_CATEGORY
from featviz.render.colormaps import COLORMAPS
from featviz.render.point_colors import by_category, by_value, single_color


def colours_of(colouring):
    return colouring.palette[colouring.indices]


def test_points_of_one_category_share_a_colour_and_the_legend_counts_them():
    colouring = by_category(["b", "a", None, "b"], "label")
    assert colouring.names == ("a", "b", "none")
    assert colouring.counts == (1, 2, 1)
    painted = colours_of(colouring)
    assert np.array_equal(painted[0], painted[3])
    assert np.array_equal(painted[1], CATEGORY_COLORS[0])
    assert np.array_equal(painted[2], NO_CATEGORY)


def test_numbers_stand_in_the_order_of_their_size_and_a_category_called_none_is_one():
    assert by_category(["10", "9", "x", "1"], "label").names == ("1", "9", "10", "x")
    colouring = by_category(["none", "a"], "label")
    assert not colouring.nameless
    assert not (colouring.palette == NO_CATEGORY).all(1).any()


def test_an_order_that_is_given_is_kept():
    assert by_category(["no", "yes"], "right?", ["yes", "no"]).names == ("yes", "no")
    assert by_category(["no"], "right?", ["yes", "no"]).names == ("no",)


def test_hidden_categories_hide_their_points():
    colouring = by_category(["a", "b", "c", "b"], "label")
    assert colouring.shown(()) is None
    assert colouring.shown({7}) is None
    assert colouring.shown({1}).tolist() == [True, False, True, False]
    assert colouring.shown({0, 1, 2}).tolist() == [False] * 4


def test_few_of_many_categories_get_colours_of_their_own():
    values = [f"{number:03}" for number in range(80)]
    colouring = by_category(values, "label")
    assert "80 categories" in colouring.note
    hidden = set(range(80)) - {5, 15, 25}
    few = colouring.without(hidden)
    assert len(np.unique(colours_of(few)[[5, 15, 25]], axis=0)) == 3
    assert few.note == ""


def test_values_run_through_the_colour_bar_and_unknown_ones_are_grey():
    colouring = by_value([0.0, 0.5, 1.0, np.nan], "confidence")
    table = COLORMAPS["viridis"].table
    painted = colours_of(colouring)
    assert np.array_equal(painted[0], table[0])
    assert np.array_equal(painted[2], table[255])
    assert np.array_equal(painted[3], NO_CATEGORY)
    assert colouring.bounds == (0.0, 1.0)
    assert "(1)" in colouring.note


def test_one_outlier_does_not_use_up_all_colours():
    values = np.append(np.linspace(0, 1, 999), 1e6)
    colouring = by_value(values, "unit 3")
    assert colouring.bounds[1] < 1.1
    assert colouring.beyond == (True, True)
    assert len(np.unique(colouring.indices)) > 200


def test_the_same_value_everywhere_and_no_value_at_all_are_painted():
    assert len(np.unique(by_value([2.0, 2.0], "v").indices)) == 1
    assert by_value([np.nan], "v").bounds is None
    assert np.array_equal(colours_of(single_color(2, "not yet")), [NO_CATEGORY] * 2)
