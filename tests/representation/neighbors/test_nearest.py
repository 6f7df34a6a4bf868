"""Nearest neighbors are those of all distances in double precision, ties by position, however close points lie."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from featviz.representation.neighbors.nearest import nearest, nearest_neighbors, nearest_to

RNG = np.random.default_rng(0)
GROUPS = RNG.normal(size=(3, 1, 8)) + 1e-6 * RNG.normal(size=(3, 200, 8))
SETS = {
    "a cloud": RNG.normal(size=(900, 40)),
    "tight groups": GROUPS.reshape(-1, 8),
    "an outlier": np.concatenate([RNG.normal(size=(600, 8)) * 1e-8, np.ones((1, 8))]),
    "a grid, many ties": np.stack(np.meshgrid(*[np.arange(7.0)] * 3), -1).reshape(-1, 3),
    "each three times": np.repeat(RNG.integers(0, 5, (100, 6)).astype(float), 3, 0),
    "one number": np.arange(50.0)[:, None],
}


def wanted(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """By brute force, from differences; equal distances by position."""
    apart = np.sqrt(((x[:, None] - x[None]) ** 2).sum(2))
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(apart, order, 1)


@pytest.mark.parametrize("k", [1, 15, 40])
@pytest.mark.parametrize("name", SETS)
def test_they_are_those_of_all_differences(name: str, k: int) -> None:
    x = SETS[name].astype(np.float32)
    positions, distances = wanted(x.astype(float), k)
    *_, found = nearest_neighbors(x, k)
    np.testing.assert_array_equal(found.positions, positions)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12)
    assert found.done == len(x)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_of_points_in_double_precision_the_order_is_that_of_double_precision(scale: float) -> None:
    x = SETS["tight groups"] + 100
    centered = x - x.mean(0)
    np.testing.assert_array_equal(nearest(x * scale, 12), wanted(centered, 12)[0])


def test_others_are_looked_for_among_others() -> None:
    x, new = SETS["a cloud"].astype(np.float32), RNG.normal(size=(70, 40)).astype(np.float32)
    new[3] = x[5]
    *_, found = nearest_neighbors(new, 4, x)
    apart = cdist(new.astype(float), x.astype(float))
    np.testing.assert_array_equal(found.positions, np.argsort(apart, axis=1)[:, :4])
    assert found.positions[3, 0] == 5 and found.distances[3, 0] == 0


@pytest.mark.parametrize("length", [1e18, 1e30])
def test_points_so_far_away_that_products_leave_single_precision(length: float) -> None:
    x = SETS["a cloud"].astype(np.float32)
    far = (RNG.normal(size=(3, 40)) * length).astype(np.float32)
    *_, found = nearest_neighbors(far, 1, x)
    assert np.isfinite(found.distances).all()
    np.testing.assert_allclose(found.distances[:, 0], np.linalg.norm(far.astype(float), axis=1), rtol=1e-6)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_those_of_one_point_are_a_row_of_those_of_all(metric: str) -> None:
    x = SETS["a cloud"].astype(np.float32)
    positions, similarities = nearest_to(x, 17, 10, metric=metric)
    np.testing.assert_array_equal(positions, nearest(x, 10, metric=metric)[17])
    others = cdist(x[17:18].astype(float), x[positions].astype(float), metric)[0]
    np.testing.assert_allclose(similarities, {"euclidean": -others, "cosine": 1 - others}[metric])


def test_a_vector_of_zeros_is_as_near_to_all_by_angle() -> None:
    x = np.concatenate([np.zeros((1, 4)), RNG.normal(size=(30, 4))])
    np.testing.assert_array_equal(nearest(x, 3, metric="cosine")[0], [1, 2, 3])


@pytest.mark.parametrize("spread", [1e-2, 1e-3, 3e-4])
def test_neighbors_in_tight_groups_far_apart_are_the_true_ones(spread: float) -> None:
    """Squared lengths less twice a product, in single precision, find 97, 19 and 5% of them."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(4, 512))
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    groups = np.repeat(centers, 300, 0) + spread * rng.normal(size=(1200, 512)) / np.sqrt(512)
    vectors = groups.astype(np.float32)
    *_, found = nearest_neighbors(vectors, 15)
    for row in range(0, 1200, 97):
        distances = np.square(vectors.astype(np.float64) - vectors[row]).sum(1)
        distances[row] = np.inf
        assert set(found.positions[row]) == set(distances.argsort()[:15])
