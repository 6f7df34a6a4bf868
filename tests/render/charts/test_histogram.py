"""Truths of the histogram: every value is in one bar, and bars are as high as their counts."""

import numpy as np

from featviz.render.charts.histogram import histogram
from featviz.render.charts.theme import DARK

VALUES = np.random.default_rng(0).normal(size=(16, 16)).astype(np.float32)


def test_every_value_is_counted_once_between_the_ends_that_are_said() -> None:
    (bars,) = histogram(VALUES).data
    assert sum(bars.y) == VALUES.size
    ends = np.asarray(bars.customdata)
    for count, (low, high) in zip(bars.y[:-1], ends[:-1], strict=True):
        assert count == np.count_nonzero((low <= VALUES) & (high > VALUES))
    assert np.allclose(ends.mean(axis=1), bars.x) and np.allclose(ends[:, 1] - ends[:, 0], bars.width)
    assert ends[0, 0] == VALUES.min() and ends[-1, 1] == VALUES.max()


def test_titles_say_what_is_counted_and_zero_is_marked_where_it_lies_inside() -> None:
    drawn = histogram(VALUES, quantity="activation", counted="positions", theme=DARK)
    assert drawn.layout.xaxis.title.text == "activation"
    assert drawn.layout.yaxis.title.text == "positions"
    assert drawn.data[0].marker.color == DARK.accent
    assert [line.x0 for line in drawn.layout.shapes] == [0]
    assert histogram(np.array([1.0, 2.0])).layout.shapes == ()


def test_equal_values_make_one_bar() -> None:
    (bars,) = histogram(np.full(9, 2.5)).data
    assert sorted(bars.y)[-2:] == [0, 9]
