import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from featviz.explain.evaluation.rank_correlation import pearson, spearman


def maps(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    first = draw.normal(size=(8, 9)).astype(np.float32)
    return first, (first + draw.normal(size=(8, 9))).astype(np.float32).round(1)


@pytest.mark.parametrize("seed", range(3))
def test_both_agree_with_scipy_with_equal_values_too(seed: int) -> None:
    first, second = maps(seed)
    second[:3] = 0
    assert pearson(first, second) == pytest.approx(pearsonr(first.ravel(), second.ravel())[0], abs=1e-6)
    assert spearman(first, second) == pytest.approx(spearmanr(first.ravel(), second.ravel())[0], abs=1e-9)


def test_ranks_know_order_alone() -> None:
    first, _ = maps(0)
    assert spearman(first, np.exp(3 * first)) == pytest.approx(1)
    assert spearman(first, -(first**3)) == pytest.approx(-1)
    assert pearson(first, np.exp(3 * first)) < 0.9


def test_a_map_without_variation_is_like_none() -> None:
    first, _ = maps(0)
    flat = np.full_like(first, 0.1)
    assert pearson(first, flat) == spearman(flat, first) == spearman(flat, flat) == 0
