"""Maps that follow a shifted picture, and maps that stay."""

import numpy as np
import pytest
import torch

from featviz.errors import BadInput
from featviz.explain.evaluation.check import check
from featviz.explain.evaluation.equivariance import shifted
from featviz.explain.evaluation.results import Shift
from tests.explain.evaluation.explanations import computing, explained
from tests.toys import noise

WEIGHTS = noise(3, 16, 16, seed=3)


def shift(function: object, method: str = "gradient", **options: object) -> Shift:
    found = check(explained(computing(function), noise(1, 3, 16, 16), method, 0), "shift", **options)
    assert isinstance(found, Shift)
    return found


def test_a_shifted_picture_repeats_its_edges() -> None:
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    assert shifted(x, 1)[0, 0].tolist() == [[0, 0, 1], [0, 0, 1], [3, 3, 4]]
    assert shifted(x, -1)[0, 0].tolist() == [[4, 5, 5], [7, 8, 8], [7, 8, 8]]


def test_a_map_that_is_the_picture_follows_it() -> None:
    found = shift(lambda x: (x**2).sum((1, 2, 3)) / 2, pixels=3)
    assert found.correlation == pytest.approx(1) and found.level == "good"
    assert found.shifts == ((3, 3), (-3, -3)) and abs(found.still) < 0.3
    made = explained(computing(lambda x: (x**2).sum((1, 2, 3)) / 2), noise(1, 3, 16, 16), "gradient", 0)
    seen = found.realigned != 0
    assert seen.sum() == 13 * 13
    np.testing.assert_allclose(found.realigned[seen], made.attribution.map[seen], atol=1e-5)


def test_a_map_that_knows_only_places_stays() -> None:
    found = shift(lambda x: (x * WEIGHTS).sum((1, 2, 3)))
    assert found.level == "bad" and found.correlation <= found.still + 1e-6


def test_the_random_map_stays_and_the_edge_detector_follows() -> None:
    assert shift(lambda x: x.sum((1, 2, 3)), "random").level == "bad"
    assert shift(lambda x: x.sum((1, 2, 3)), "edges").correlation > 0.8


def test_a_shift_out_of_the_picture_is_refused() -> None:
    with pytest.raises(BadInput, match="quarter"):
        shift(lambda x: x.sum((1, 2, 3)), "edges", pixels=5)
