"""Wilson's interval is scipy's, exact at its ends."""

import pytest
from scipy.stats import binomtest

from featviz.statistics import wilson_interval


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
