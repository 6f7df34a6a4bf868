"""Published values: 32 code bases on one uniform input, and the notebook of the paper that brought CKA."""

from typing import Any

import numpy as np
import pytest

from featviz import similarity

Pair = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def uniform() -> Pair:
    """The input of the similarity repository's table of 192 measures."""
    random = np.random.RandomState(0)
    return random.uniform(size=(30, 25)), random.uniform(size=(30, 25))


@pytest.fixture(scope="module")
def notebook() -> Pair:
    """The input of google-research's notebook on CKA."""
    random = np.random.RandomState(1337)
    first = random.randn(100, 10)
    return first, random.randn(100, 10) + first


@pytest.mark.parametrize(
    ("measure", "options", "value"),
    [
        ("cka", {}, 0.4893427391),
        ("cka_debiased", {}, 0.0235986986),
        ("cka_rbf", {"bandwidth": 1.0, "unit": "absolute"}, 0.8940267986),
        ("cka_rbf", {"bandwidth": 1.0, "unit": "absolute", "debiased": True}, 0.0676394),
    ],
)
def test_the_value_most_code_bases_agree_on(
    uniform: Pair, measure: str, options: dict[str, Any], value: float
) -> None:
    assert similarity(*uniform, measure, **options) == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize(
    ("measure", "value"),
    [("cka", 0.557613), ("cka_rbf", 0.654831), ("cka_debiased", 0.513456)],
)
def test_the_notebooks_value(notebook: Pair, measure: str, value: float) -> None:
    assert similarity(*notebook, measure) == pytest.approx(value, abs=1e-6)
