"""Wilson's interval is scipy's, exact at its ends; Newcombe's intervals are those of his papers."""

import pytest
from scipy.stats import binomtest

from featviz.statistics import difference_interval, paired_difference_interval, wilson_interval


@pytest.mark.parametrize(("hits", "total"), [(0, 5), (5, 5), (0, 1), (37, 50), (50, 100), (900, 1000)])
def test_the_interval_is_scipys(hits: int, total: int) -> None:
    expected = binomtest(hits, total).proportion_ci(method="wilson")
    assert wilson_interval(hits, total) == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize("total", [1, 3, 7, 10, 49])
def test_none_and_all_reach_the_ends_exactly(total: int) -> None:
    assert wilson_interval(0, total)[0] == 0
    assert wilson_interval(total, total)[1] == 1


def test_before_the_first_anything_may_be() -> None:
    assert wilson_interval(0, 0) == (0, 1)


def test_the_paired_interval_is_that_of_the_paper() -> None:
    """Newcombe 1998, method 10, of 36, 12, 2 and 0 pairs."""
    assert paired_difference_interval(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_the_unpaired_interval_is_that_of_the_paper() -> None:
    """Newcombe 1998, method 10 for independent rates, of 56 out of 70 and 48 out of 80."""
    first, second = wilson_interval(56, 70), wilson_interval(48, 80)
    assert difference_interval(0.8, first, 0.6, second) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_turning_a_difference_round_turns_its_interval_round() -> None:
    low, high = paired_difference_interval(20, 11, 4, 30)
    assert paired_difference_interval(20, 4, 11, 30) == pytest.approx((-high, -low))
    assert low < 7 / 65 < high
    assert paired_difference_interval(0, 0, 0, 0) == (-1, 1)
