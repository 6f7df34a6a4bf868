"""What stays of a map from seed to seed."""

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.representation.projection.stability import stability


def plane(count=200, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 2))


def test_a_map_turned_mirrored_and_scaled_has_not_moved():
    points = plane()
    turned = 7 * points[:, ::-1] @ [[0.6, 0.8], [-0.8, 0.6]] + [3, -9]
    found = stability([points, turned, -turned])
    assert found.displacement == pytest.approx(0, abs=1e-5)
    assert found.neighbor_overlap == 1


def test_the_points_that_change_places_are_the_ones_that_moved():
    points = plane()
    swapped = points.copy()
    far = [int(points[:, 0].argmin()), int(points[:, 0].argmax())]
    swapped[far] = points[far[::-1]]
    found = stability([points, swapped], k=5)
    assert set(np.argsort(found.displacements)[-2:]) == set(far)
    assert found.overlaps[far].max() == 0
    assert np.median(found.overlaps) == 1


def test_points_put_down_anew_share_as_many_neighbors_as_chance_gives():
    found = stability([plane(400, seed) for seed in range(3)])
    assert found.neighbor_overlap == pytest.approx(10 / 399, abs=0.01)
    assert found.displacement == pytest.approx(0.89, abs=0.03)


def test_a_displacement_worked_by_hand():
    # A square with sides 2 and the same with one corner's step to either side: alignment cancels, and every
    # corner of the second map is where it was but for its part of the step.
    points = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    stretched = points * [2, 1]
    # The best scale of the rectangle is (2 + 1) / (4 + 1) = 0.6, which leaves (0.2, 0.4) at each corner; the
    # other way round it is 1.5, which leaves (0.5, 0.5). The radii are sqrt 2 and sqrt 5.
    expected = (np.hypot(0.2, 0.4) / 2**0.5 + np.hypot(0.5, 0.5) / 5**0.5) / 2
    assert stability([points, stretched], k=1).displacement == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("maps", "code"),
    [
        ([], "maps"),
        ([plane()], "maps"),
        ([plane(), plane(199)], "maps"),
        ([plane(5), plane(5, 1)], "too_few"),
        ([plane(), np.zeros((200, 2))], "identical"),
        ([plane(), np.full((200, 2), np.inf)], "nan"),
    ],
)
def test_what_cannot_be_compared_is_refused(maps, code):
    with pytest.raises(BadInput) as refusal:
        stability(maps)
    assert refusal.value.code == code
