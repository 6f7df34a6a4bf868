"""Looks along directions: principal components are those of the SVD, random ones are orthonormal."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from featviz.representation.projection import project
from featviz.representation.projection.pca import principal_components


def upright_svd(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions (d, k), the largest entry of each positive, and the parts of the variance."""
    _, strengths, directions = np.linalg.svd(x - x.mean(0), full_matrices=False)
    largest = directions[np.arange(len(directions)), np.abs(directions).argmax(1)]
    return (directions * np.sign(largest)[:, None]).T, strengths**2 / (strengths**2).sum()


@pytest.mark.parametrize(("n", "d"), [(200, 30), (30, 200), (40, 40)])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_is_the_svd(n: int, d: int, dimensions: int) -> None:
    x = np.random.default_rng(n).normal(size=(n, d)) * np.linspace(3, 1, d) + 100
    x = x.astype(np.float32).astype(np.float64)
    directions, ratios = upright_svd(x)
    map_ = project(x, "pca", dimensions=dimensions)
    expected = (x - x.mean(0)) @ directions[:, :dimensions]
    np.testing.assert_allclose(map_.points, expected, atol=1e-4)
    np.testing.assert_allclose(map_.about["explained_variance_ratio"], ratios[:dimensions], rtol=1e-6)
    np.testing.assert_allclose(map_.about["scree"], ratios[:50], atol=1e-9)
    assert map_.about["variance"] == pytest.approx(x.var(0).sum(), rel=1e-5)


def test_the_scree_of_digits_sums_to_all_there_is() -> None:
    x = load_digits().data
    found = principal_components(x.astype(np.float32), 64)
    assert found.ratios.sum() == pytest.approx(1)
    assert found.rank == np.linalg.matrix_rank(x - x.mean(0))
    np.testing.assert_allclose(found.axes[:, :61].T @ found.axes[:, :61], np.eye(61), atol=1e-10)


def test_later_components_follow() -> None:
    x = np.random.default_rng(0).normal(size=(50, 8))
    third = project(x, "pca", dimensions=3).points[:, 2]
    np.testing.assert_array_equal(project(x, "pca", first=3).points[:, 0], third)


def test_directions_taken_out_stay_out() -> None:
    x = np.random.default_rng(0).normal(size=(60, 10))
    out = np.linalg.qr(np.random.default_rng(1).normal(size=(10, 2)))[0]
    for values in (x, x[:7]):
        found = principal_components(values.astype(np.float32), 3, deflate=out)
        np.testing.assert_allclose(out.T @ found.axes, 0, atol=1e-9)
        left = (values - values.mean(0)) @ (np.eye(10) - out @ out.T)
        np.testing.assert_allclose(found.axes, upright_svd(left)[0][:, :3], atol=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_scale_changes_nothing_but_the_scale(scale: float) -> None:
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    near, far = project(x, "pca"), project(x * np.float32(scale), "pca")
    np.testing.assert_allclose(far.points / np.float32(scale), near.points, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        far.about["explained_variance_ratio"], near.about["explained_variance_ratio"], rtol=1e-5
    )


def test_a_line_stays_a_line_and_that_is_said() -> None:
    map_ = project(np.arange(5.0)[:, None], "pca")
    np.testing.assert_allclose(map_.points, [[-2, 0], [-1, 0], [0, 0], [1, 0], [2, 0]])
    assert map_.about["notes"] == ["The vectors vary in only one direction: the other axes show nothing."]


def test_random_directions_are_orthonormal_and_the_seeds() -> None:
    map_ = project(np.eye(20), "random", dimensions=3, seed=4)
    axes = map_.placement.axes
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    assert not np.allclose(project(np.eye(20), "random", dimensions=3, seed=5).points, map_.points)
