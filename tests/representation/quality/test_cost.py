"""The time left of a report: from the measured cost of each measure, and never going up by much."""

from itertools import pairwise

import pytest

from featviz.representation.quality.cost import CORRUPTED, EMBEDDING, TimeLeft, measure_seconds
from featviz.representation.quality.features import MEASURES

LAYERS = (32, 32, 56, 96)
"""Units of each."""


def planted(slower: float, noise: float = 0.0) -> list[tuple[float, float]]:
    """(estimated, true) seconds left after each piece of a report, each kind of work `slower` than expected or faster.

    Args:
        slower: a measure takes so many times what is expected of it, every second one a half of that.
        noise: pieces differ by as much, in turn.
    """
    pieces = [(EMBEDDING, 0.06, 0.06 * 3) for _ in range(125)]
    for units in LAYERS:
        for number, method in enumerate(MEASURES):
            expected = measure_seconds(method.id, 2000, units, 80)
            sign = 1 if len(pieces) % 2 else -1
            pieces.append((method.id, expected, expected * slower / (1 + number % 2) * (1 + sign * noise)))
    work: dict[str, float] = {}
    for kind, expected, _ in pieces:
        work[kind] = work.get(kind, 0.0) + expected
    left, true, seen = TimeLeft(work), sum(seconds for *_, seconds in pieces), []
    for kind, expected, seconds in pieces:
        left.spend(kind, seconds, expected)
        true -= seconds
        seen.append((left.seconds, true))
    return seen


@pytest.mark.parametrize("slower", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_the_time_left_falls_and_comes_near_the_truth(slower: float, noise: float) -> None:
    seen = planted(slower, noise)
    after_first_layer = seen[125 + len(MEASURES) :]
    whole = after_first_layer[0][1]
    rises = [later[0] - earlier[0] for earlier, later in pairwise(after_first_layer)]
    assert max(rises) < 0.1 * whole
    assert all(abs(estimated - true) < 0.25 * whole for estimated, true in after_first_layer)
    assert seen[-1][0] == pytest.approx(0, abs=1e-9)


def test_images_that_take_longer_than_expected_do_not_make_the_measures_longer() -> None:
    left = TimeLeft({EMBEDDING: 1.0, "linear_probe": 10.0})
    left.spend(EMBEDDING, 50.0, 0.5)
    assert left.seconds == pytest.approx(50 + 10)


def test_corrupted_images_cost_what_images_cost_until_the_first_of_them_are_through() -> None:
    left = TimeLeft({EMBEDDING: 1.0, CORRUPTED: 3.0})
    left.spend(EMBEDDING, 2.0, 1.0)
    assert left.seconds == pytest.approx(3 * 2)
    left.spend(CORRUPTED, 5.0, 1.0)
    assert left.seconds == pytest.approx(2 * 5)


def test_a_measure_costs_the_rest_of_its_layers_what_it_cost_the_first_ones() -> None:
    left = TimeLeft({"linear_probe": 10.0, "silhouette": 5.0})
    left.spend("linear_probe", 15.0, 5.0)
    assert left.seconds == pytest.approx(5 * 3 + 5 * 3)
    left.spend("silhouette", 1.0, 2.5)
    assert 15 < left.seconds < 5 * 3 + 2.5 * 3
    assert 0 < left.share < 1
