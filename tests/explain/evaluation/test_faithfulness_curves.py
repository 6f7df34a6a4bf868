"""Curves that can be computed by hand."""

import numpy as np
import pytest
import torch

from featviz.errors import BadInput
from featviz.explain.evaluation.check import check, checking, passes
from featviz.explain.evaluation.pixel_perturbation import area_under, baseline_image, image_at, ranks
from featviz.explain.evaluation.results import Curves
from featviz.explain.targets.units import Difference
from tests.explain.evaluation.explanations import computing, explained
from tests.toys import noise

PIXELS = 16 * 16
WEIGHTS = noise(3, 16, 16, seed=3)


def linear() -> object:
    return computing(lambda x: (x * WEIGHTS).sum((1, 2, 3)))


def curves(kind: str, method: str = "input_x_gradient", **options: object) -> Curves:
    model = computing(lambda x: (x * WEIGHTS).sum((1, 2, 3)))
    explanation = explained(model, noise(1, 3, 16, 16), method, Difference(0, 1))
    found = check(explanation, kind, **options)
    assert isinstance(found, Curves)
    return found


def by_hand(steps: int) -> np.ndarray:
    """What a linear network has left after its greatest contributions have been taken away."""
    shares = (noise(1, 3, 16, 16) * WEIGHTS).sum((0, 1)).flatten().sort(descending=True).values.double()
    left = [float(shares[round(n / steps * PIXELS) :].sum()) for n in range(steps + 1)]
    return np.array(left)


def test_deletion_of_a_linear_network_is_the_sum_of_what_is_left() -> None:
    found = curves("deletion", baseline="black", steps=16)
    np.testing.assert_allclose(found.values, by_hand(16), atol=1e-3)
    np.testing.assert_allclose(found.fractions, np.arange(17) / 16)
    assert found.quantity == "value" and found.level == "good"
    assert found.area == pytest.approx(area_under(by_hand(16)), abs=1e-3)


def test_insertion_is_the_sum_of_what_is_there() -> None:
    found = curves("insertion", baseline="black", steps=16)
    np.testing.assert_allclose(found.values, by_hand(16)[0] - by_hand(16), atol=1e-3)
    assert found.level == "good" and found.area > found.baselines["random"].area


def test_the_best_order_beats_every_other() -> None:
    deleted = curves("deletion", baseline="black")
    for name in ("random", "edges"):
        assert (deleted.baselines[name].values[1:-1] > deleted.values[1:-1]).all()
    assert curves("deletion", "gradient", baseline="black").area > deleted.area


def test_a_random_order_loses_in_proportion() -> None:
    """The mean over random orders of a linear network is the straight line."""
    found = curves("deletion", baseline="black", draws=16, steps=8)
    whole = float(by_hand(8)[0])
    spread = float((noise(1, 3, 16, 16) * WEIGHTS).sum((0, 1)).std()) * PIXELS**0.5 / 2
    line = whole * (1 - np.arange(9) / 8)
    assert np.abs(found.baselines["random"].values - line).max() < 4 * spread / 16**0.5


def test_the_area_is_the_trapezoids() -> None:
    assert area_under(np.array([1.0, 0.5, 0.0])) == 0.5
    assert area_under(np.array([4.0, 2.0, 1.0, 0.0])) == pytest.approx((3 + 1.5 + 0.5) / 3)
    assert area_under(np.array([1.0, 1.0])) == 1


def test_a_class_is_followed_by_its_probability() -> None:
    model = computing(lambda x: (x * WEIGHTS).sum((1, 2, 3)) / 10)
    x = noise(1, 3, 16, 16)
    found = check(explained(model, x, "input_x_gradient", 0), "deletion", baseline="black", steps=4)
    assert isinstance(found, Curves) and found.quantity == "probability"
    np.testing.assert_allclose(found.values, 1 / (1 + np.exp(-by_hand(4) / 10)), atol=1e-5)


def test_equal_pixels_come_in_random_order() -> None:
    flat = ranks(np.zeros((16, 16)), seed=0)
    assert sorted(flat.ravel()) == list(range(PIXELS))
    assert abs(np.corrcoef(flat.ravel(), np.arange(PIXELS))[0, 1]) < 0.25
    assert (flat != ranks(np.zeros((16, 16)), seed=1)).any()
    assert (flat == ranks(np.zeros((16, 16)), seed=0)).all()
    rows = ranks(np.repeat(np.arange(4.0)[:, None], 4, 1), seed=0)
    assert [sorted(row) for row in rows] == [[12, 13, 14, 15], [8, 9, 10, 11], [4, 5, 6, 7], [0, 1, 2, 3]]


@pytest.mark.parametrize("kind", ["deletion", "insertion"])
def test_the_picture_at_a_point_is_what_the_network_saw(kind: str) -> None:
    model = computing(lambda x: (x * WEIGHTS).sum((1, 2, 3)))
    explanation = explained(model, noise(1, 3, 16, 16), "gradient", Difference(0, 1))
    found = check(explanation, kind, baseline="mean", steps=4)
    assert isinstance(found, Curves)
    for fraction, value in zip(found.fractions, found.values, strict=True):
        picture = image_at(explanation, kind, float(fraction), baseline="mean")  # type: ignore[arg-type]
        assert float((picture * WEIGHTS).sum()) == pytest.approx(float(value), abs=1e-3)
    begin, end = explanation.x, baseline_image(explanation, "mean")
    first, last = (begin, end) if kind == "deletion" else (end, begin)
    assert torch.equal(image_at(explanation, kind, 0, baseline="mean"), first)  # type: ignore[arg-type]
    assert torch.equal(image_at(explanation, kind, 1, baseline="mean"), last)  # type: ignore[arg-type]


def test_a_fraction_beyond_the_whole_is_refused() -> None:
    explanation = explained(computing(lambda x: x.sum((1, 2, 3))), noise(1, 3, 16, 16), "edges", 0)
    with pytest.raises(BadInput, match="0 to 1"):
        image_at(explanation, "deletion", 1.5)


def test_a_target_that_nothing_moves_is_not_judged() -> None:
    explanation = explained(computing(lambda x: x.sum((1, 2, 3)) * 0), noise(1, 3, 16, 16), "edges", 0)
    assert check(explanation, "deletion").level == "unknown"


def test_random_maps_are_no_better_than_random_ones() -> None:
    model = computing(lambda x: (x * WEIGHTS).sum((1, 2, 3)))
    x = noise(1, 3, 16, 16)
    levels = [
        check(explained(model, x, "random", Difference(0, 1), seed=seed), "deletion", draws=16, steps=8).level
        for seed in range(12)
    ]
    assert levels.count("bad") >= 9 and "good" not in levels


def test_the_curve_grows_and_costs_what_was_said() -> None:
    model = computing(lambda x: (x * WEIGHTS).sum((1, 2, 3)))
    explanation = explained(model, noise(1, 3, 16, 16), "gradient", 0)
    parts = list(checking(explanation, "deletion", steps=5, draws=2))
    lengths = [len(part.result.values) for part in parts if isinstance(part.result, Curves)]
    assert lengths == sorted(lengths) and lengths[-1] == 6
    assert parts[-1].done == parts[-1].total == passes(explanation, "deletion", steps=5, draws=2) == 24
