"""The colours of categories can be told apart, with full sight and without."""

import itertools

import numpy as np
import pytest

from featviz.render.categories import CATEGORY_COLORS, COLOR_WORDS, NO_CATEGORY, category_colors

SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}
"""Machado, Oliveira and Fernandes 2009, on linear RGB."""
JUST_SEEN = 0.02
"""About one just noticeable difference in OKLab."""


def seen(colors, sight):
    srgb = np.asarray(colors) / 255
    linear = (
        np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4) @ np.array(SIGHT[sight]).T
    )
    cones = (
        linear.clip(0, 1)
        @ np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]).T
    )
    return (
        np.cbrt(cones)
        @ np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]).T
    )


@pytest.mark.parametrize("sight", SIGHT)
def test_ten_colors_are_told_apart_by_everybody(sight):
    apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen(CATEGORY_COLORS, sight), 2)]
    assert len(apart) == 45
    assert min(apart) > 3 * JUST_SEEN


def test_few_categories_keep_their_colors_and_many_share_them_out_among_those_shown():
    few = category_colors(np.array([True, False, True]))
    assert np.array_equal(few, CATEGORY_COLORS[:3])
    shown = np.zeros(80, bool)
    shown[[3, 40, 79]] = True
    assert np.array_equal(category_colors(shown)[[3, 40, 79]], CATEGORY_COLORS[:3])
    assert len(np.unique(category_colors(np.ones(80, bool)), axis=0)) == len(CATEGORY_COLORS)


def test_gray_is_no_category():
    assert not (CATEGORY_COLORS == NO_CATEGORY).all(1).any()


def test_categories_that_are_colors_have_their_own():
    names = ["blue", "orange", "red"]
    assert np.array_equal(category_colors(np.ones(3, bool), names), [COLOR_WORDS[name] for name in names])
    assert np.array_equal(category_colors(np.ones(3, bool), ["blue", "x", "red"]), CATEGORY_COLORS[:3])
