"""What moves the points of a t-SNE: sums over all pairs, Gaussians of the perplexity asked, a divergence that falls."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import load_digits

from featviz.representation.neighbors.nearest import nearest_neighbors
from featviz.representation.projection import project, steps
from featviz.representation.projection.tsne.affinities import conditional_affinities, joint_affinities
from featviz.representation.projection.tsne.gradient_descent import GradientDescent
from featviz.representation.projection.tsne.repulsive_forces import BoxTree

X = load_digits().data[::3].astype(np.float32)
RNG = np.random.default_rng(0)
GROUPS = RNG.normal(size=(12, 1, 3)) * 60
MAPS = {
    "one crowd": RNG.normal(size=(900, 3)),
    "groups": (GROUPS + RNG.normal(size=(12, 100, 3))).reshape(-1, 3),
    "tight groups": (GROUPS / 5 + RNG.normal(size=(12, 100, 3)) / 50).reshape(-1, 3),
    "tiny": RNG.normal(size=(700, 3)) * 1e-4,
    "huge": RNG.normal(size=(700, 3)) * 1e4,
    "far from the middle": RNG.normal(size=(500, 3)) + 1000,
    "an outlier": np.concatenate([RNG.normal(size=(500, 3)), [[1e4, 0, 0]]]),
    "one place": np.ones((300, 3)),
    "25 points": RNG.normal(size=(25, 3)),
    "one point": np.ones((1, 3)),
}
SPACES = pytest.mark.parametrize("dimensions", [2, 3])


def spatial(points: np.ndarray, dimensions: int) -> np.ndarray:
    """In single precision, and flat if it is to be."""
    flat = points.astype(np.float32)
    flat[:, dimensions:] = 0
    return flat


def exact(points: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sums over all pairs."""
    apart = points[:, None].astype(float) - others[None]
    q = 1 / (1 + (apart**2).sum(2))
    return (q[..., None] ** 2 * apart).sum(1), q.sum(1)


def off(found: np.ndarray, wanted: np.ndarray) -> float:
    """How far all arrows together are from those wanted, as a part of these; nothing where there are none."""
    return float(np.linalg.norm(found - wanted) / (np.linalg.norm(wanted) or 1))


def dense(points: np.ndarray, p: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The divergence of a map, attraction and push, of all pairs."""
    apart = points[:, None] - points[None]
    q = 1 / (1 + (apart**2).sum(2))
    np.fill_diagonal(q, 0)
    held = p > 0
    divergence = float((p[held] * np.log(p[held] * q.sum() / q[held])).sum())
    pull, push = (((each * q)[..., None] * apart).sum(1) for each in (p, q / q.sum()))
    return divergence, pull, push


def held_together(x: np.ndarray, perplexity: float = 30.0) -> csr_matrix:
    *_, found = nearest_neighbors(x, min(len(x) - 1, int(3 * perplexity)))
    return joint_affinities(found, [perplexity])


@SPACES
@pytest.mark.parametrize("name", MAPS)
def test_the_push_is_the_sum_over_all_pairs(name: str, dimensions: int) -> None:
    points = spatial(MAPS[name], dimensions)
    pushes, sums = BoxTree(points, dimensions).repulsion()
    wanted, weights = exact(points, points)
    assert off(pushes, wanted) < 0.02
    np.testing.assert_allclose(sums, weights, rtol=0.02)


@SPACES
def test_the_push_on_others_is_the_sum_over_the_points_whoever_else_asks(dimensions: int) -> None:
    points, others = spatial(MAPS["groups"], dimensions), spatial(MAPS["one crowd"] * 30, dimensions)
    tree = BoxTree(points, dimensions)
    pushes, sums = tree.repulsion(others)
    wanted, weights = exact(others, points)
    assert off(pushes, wanted) < 0.02
    np.testing.assert_allclose(sums, weights, rtol=0.02)
    for found, all_ in zip(tree.repulsion(others[17:19]), (pushes, sums), strict=True):
        np.testing.assert_array_equal(found, all_[17:19])


def test_boxes_follow_points_that_moved_anywhere() -> None:
    before, after = spatial(MAPS["one crowd"], 2), spatial(MAPS["one crowd"][::-1] ** 3 * 5, 2)
    tree = BoxTree(before, 2)
    tree.fit(after)
    pushes, sums = tree.repulsion()
    wanted, weights = exact(after, after)
    assert off(pushes, wanted) < 0.02
    np.testing.assert_allclose(sums, weights, rtol=0.02)


@SPACES
def test_the_gradient_is_a_quarter_of_the_divergences_slope(dimensions: int) -> None:
    x, step = X[:20], 1e-5
    p, points = held_together(x, 5.0), RNG.normal(size=(20, dimensions))
    found = GradientDescent(points.copy(), p).gradient()
    for at in [(0, 0), (3, 1), (19, dimensions - 1)]:
        moved = points.copy()
        moved[at] += step
        slope = (dense(moved, p.toarray())[0] - dense(points, p.toarray())[0]) / step
        assert found[at] == pytest.approx(slope / 4, rel=1e-3, abs=1e-6)


@SPACES
@pytest.mark.parametrize("iterations", [1, 60, 300])
def test_the_gradient_is_that_of_all_pairs(iterations: int, dimensions: int) -> None:
    points = project(X, "tsne", iterations=iterations, dimensions=dimensions).points.astype(float)
    p = held_together(X)
    for exaggeration in (1.0, 12.0):
        _, pull, push = dense(points, p.toarray())
        found = GradientDescent(points.copy(), p).gradient(exaggeration)
        error = np.linalg.norm(found - (exaggeration * pull - push))
        assert error < 0.01 * np.linalg.norm(push)


def test_the_divergence_falls_and_ends_where_opentsnes_does() -> None:
    from openTSNE import TSNE

    p = held_together(X).toarray()
    stages = [
        stage.points for stage in steps(X, "tsne", iterations=500) if stage.done in (200, 300, 400, 500)
    ]
    falling = [dense(points.astype(float), p)[0] for points in stages]
    assert len(falling) == 4 and np.all(np.diff(falling) < 0)
    theirs = TSNE(early_exaggeration_iter=166, n_iter=334, random_state=0, n_jobs=1).fit(X)
    assert falling[-1] <= 1.02 * dense(np.asarray(theirs, float), p)[0]


@pytest.mark.parametrize("perplexity", [5.0, 30.0, 89.0])
def test_neighborhoods_have_the_perplexity_asked(perplexity: float) -> None:
    *_, found = nearest_neighbors(X, 90)
    for scale in (1e-12, 1.0, 1e12):
        held = conditional_affinities(found.distances * scale, [perplexity])
        np.testing.assert_allclose(held.sum(1), 1)
        entropies = -(held * np.log(np.maximum(held, 1e-300))).sum(1)
        np.testing.assert_allclose(np.exp(entropies), perplexity, rtol=1e-4)
        assert (np.diff(held, axis=1) <= 0).all()


def test_neighbors_at_one_distance_are_held_alike() -> None:
    np.testing.assert_allclose(conditional_affinities(np.full((3, 9), 2.5), [3.0]), 1 / 9)
    tied = np.repeat([[1.0, 2.0]], [5, 4], 1)
    np.testing.assert_allclose(
        conditional_affinities(tied, [3.0]), np.repeat([[0.2, 0]], [5, 4], 1), atol=1e-9
    )


def test_affinities_are_symmetric_and_of_several_perplexities_the_mean() -> None:
    *_, found = nearest_neighbors(X, 90)
    both, near, wide = (
        joint_affinities(found, [10.0, 30.0]),
        joint_affinities(found, [10.0]),
        joint_affinities(found, [30.0]),
    )
    assert both.sum() == pytest.approx(1) and abs(both - both.T).max() == 0
    np.testing.assert_allclose(both.toarray(), (near + wide).toarray() / 2, atol=1e-9)


def test_affinities_are_opentsnes() -> None:
    from openTSNE.affinity import joint_probabilities_nn

    *_, found = nearest_neighbors(X, 90)
    theirs = joint_probabilities_nn(found.positions, found.distances, [30.0], n_jobs=1)
    assert abs(joint_affinities(found, [30.0]) - theirs).max() < 1e-5 * theirs.max()
