"""Maps whose change under noise is known."""

import numpy as np
import pytest

from featviz.explain.evaluation.check import check
from featviz.explain.evaluation.results import Stability
from tests.explain.evaluation.explanations import computing, explained
from tests.toys import noise

WEIGHTS = noise(3, 16, 16, seed=3)


def stability(function: object, method: str = "gradient", **options: object) -> Stability:
    found = check(explained(computing(function), noise(1, 3, 16, 16), method, 0), "stability", **options)
    assert isinstance(found, Stability)
    return found


def test_a_constant_gradient_does_not_move() -> None:
    found = stability(lambda x: (x * WEIGHTS).sum((1, 2, 3)))
    assert found.sensitivity == 0 and found.level == "good" and (found.sensitivities == 0).all()


def test_a_gradient_that_is_the_picture_moves_as_far_as_the_noise() -> None:
    """The gradient of half the sum of squares is the picture; three channels of noise are added up."""
    x = noise(1, 3, 16, 16)
    found = stability(lambda x: (x**2).sum((1, 2, 3)) / 2, radius=0.1, samples=16)
    reach = 0.1 * float(x.max() - x.min())
    expected = reach / 3**0.5 * 3**0.5 * 16 / float(np.linalg.norm(x.sum(1)))
    assert found.sensitivity == pytest.approx(expected, rel=0.2)
    assert found.sensitivity == pytest.approx(float(found.sensitivities.max()))
    assert stability(lambda x: (x**2).sum((1, 2, 3)) / 2, radius=0.05).sensitivity < found.sensitivity


def test_the_worst_map_is_the_one_that_moved_farthest() -> None:
    function = lambda x: (x**3).sum((1, 2, 3))  # noqa: E731
    made = explained(computing(function), noise(1, 3, 16, 16), "gradient", 0).attribution.map
    found = stability(function)
    assert np.linalg.norm(found.worst - made) / np.linalg.norm(made) == pytest.approx(
        found.sensitivity, rel=1e-4
    )


def test_a_kink_next_to_the_picture_is_called_unstable() -> None:
    found = stability(lambda x: ((1000 * x).cos() * WEIGHTS).sum((1, 2, 3)))
    assert found.level == "bad" and found.sensitivity > 1


def test_the_noise_is_the_seeds() -> None:
    function = lambda x: (x**3).sum((1, 2, 3))  # noqa: E731
    first, same, other = (stability(function, seed=seed).sensitivities for seed in (0, 0, 1))
    assert (first == same).all() and (first != other).any()
    assert len(set(first.tolist())) == len(first)
