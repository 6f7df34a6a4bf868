"""t-SNE and UMAP on the digits: faithful, repeatable, alive while they unfold, open to new points."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from featviz.errors import BadInput
from featviz.representation.neighbors.nearest import nearest_neighbors
from featviz.representation.projection import Projection, procrustes_align, project, steps
from featviz.representation.projection.umap.fuzzy_graph import (
    find_ab_params,
    fuzzy_simplicial_set,
    membership_strengths,
)

X, LABELS = load_digits(return_X_y=True)
X = X.astype(np.float32)
KNOWN = np.arange(len(X)) % 5 != 0
FEW = {"tsne": {"iterations": 60}, "umap": {"epochs": 40}}
NONE = {"tsne": {"iterations": 0}, "umap": {"epochs": 0}}
BOTH = pytest.mark.parametrize("method", ["tsne", "umap"])


@pytest.fixture(scope="module")
def small() -> dict[str, Projection]:
    """Maps of four fifths of the digits, after few steps."""
    return {
        "tsne": project(X[KNOWN], "tsne", iterations=300),
        "umap": project(X[KNOWN], "umap", epochs=100),
    }


@pytest.mark.parametrize(("method", "least"), [("tsne", 0.985), ("umap", 0.98)])
def test_neighbors_on_the_map_are_true_ones(method: str, least: float) -> None:
    map_ = project(X, method)
    assert trustworthiness(X, map_.points, n_neighbors=10) >= least
    assert map_.points.dtype == np.float32 and not map_.points.flags.writeable


@BOTH
def test_new_points_come_to_their_class_whoever_comes_with_them(
    method: str, small: dict[str, Projection]
) -> None:
    map_ = small[method]
    placed = map_.transform(X[~KNOWN])
    voters = KNeighborsClassifier(10).fit(map_.points, LABELS[KNOWN])
    assert voters.score(placed, LABELS[~KNOWN]) > 0.95
    np.testing.assert_array_equal(map_.transform(X[~KNOWN][7:9]), placed[7:9])
    np.testing.assert_array_equal(map_.transform(X[KNOWN][:20]), map_.points[:20])
    assert map_.transform(X[:0]).shape == (0, 2)


@BOTH
def test_a_map_survives_the_disk(method: str, small: dict[str, Projection], tmp_path) -> None:
    map_ = small[method]
    map_.save(tmp_path / "map")
    back = Projection.load(tmp_path / "map")
    np.testing.assert_array_equal(back.points, map_.points)
    np.testing.assert_array_equal(back.transform(X[~KNOWN][:30]), map_.transform(X[~KNOWN][:30]))
    assert (back.method, back.options, back.about) == (method, map_.options, map_.about)
    with pytest.raises(BadInput, match="has its vectors no more"):
        _ = back.quality


def test_quality_is_measured_in_the_true_space(small: dict[str, Projection]) -> None:
    measured = small["umap"].quality
    expected = trustworthiness(X[KNOWN], small["umap"].points, n_neighbors=10)
    assert measured.trustworthiness == pytest.approx(expected, abs=0.003)
    assert small["umap"].quality is measured


@BOTH
def test_same_seed_same_map_from_all_threads(method: str) -> None:
    def run(seed: int) -> np.ndarray:
        return project(X[:300], method, seed=seed, **FEW[method]).points

    with ThreadPoolExecutor(3) as pool:
        first, second, other = pool.map(run, [3, 3, 4])
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, run(3))
    assert not np.allclose(first, other)


@BOTH
@pytest.mark.parametrize("dimensions", [2, 3])
def test_no_steps_from_a_start_are_the_start(method: str, dimensions: int) -> None:
    start = np.random.default_rng(0).normal(size=(100, dimensions)).astype(np.float32) * 30
    map_ = project(X[:100], method, start=start, dimensions=dimensions, **NONE[method])
    np.testing.assert_array_equal(map_.points, start)


@BOTH
def test_a_start_is_moved_and_not_replaced(method: str, small: dict[str, Projection]) -> None:
    before = small[method].points
    changed = {"tsne": {"perplexity": 60.0}, "umap": {"min_dist": 0.4}}[method]
    stages = list(steps(X[KNOWN], method, start=before, **changed, **FEW[method]))
    np.testing.assert_array_equal(stages[0].points, before)
    assert "exaggeration" not in {stage.note for stage in stages}
    cold = project(X[KNOWN], method, **changed, **FEW[method]).points

    def moved(points: np.ndarray) -> float:
        return float(np.abs(procrustes_align(points, before) - before).mean() / before.std())

    warm = moved(stages[-1].points)
    assert 0 < warm < 0.2 and 2 * warm < moved(cold)


@BOTH
def test_a_start_of_another_scale_or_without_extent_does_no_harm(method: str) -> None:
    x = X[:300]
    for start in (np.zeros((300, 2)), 1e6 * project(x, "pca").points, np.repeat([[0.0, 0], [1, 1]], 150, 0)):
        map_ = project(x, method, start=start, **{"tsne": {"iterations": 150}, "umap": {}}[method])
        assert trustworthiness(x, map_.points, n_neighbors=10) > 0.95


@BOTH
def test_the_first_pictures_are_components_and_the_last_the_map(method: str) -> None:
    stages = list(steps(X[:200], method, **FEW[method]))
    np.testing.assert_allclose(stages[0].points, project(X[:200], "pca").points, atol=1e-4)
    assert stages[-1].result is not None
    np.testing.assert_array_equal(stages[-1].points, stages[-1].result.points)
    assert all(stage.result is None for stage in stages[:-1])
    steps_done = [stage.done for stage in stages if 0 < stage.done < stage.total]
    assert steps_done == list(range(10, stages[-2].total, 10))
    assert all(stage.note for stage in stages)


@BOTH
def test_closing_ends_the_work_and_leaves_nothing_behind(method: str) -> None:
    list(steps(X[:200], method, **FEW[method]))
    before = threading.active_count()
    work = steps(X[:200], method)
    for _ in range(5):
        next(work)
    work.close()
    assert threading.active_count() == before
    assert next(work, None) is None


def test_several_perplexities_and_exaggeration_count() -> None:
    x = X[:300]
    maps = [
        project(x, "tsne", iterations=60, **options).points
        for options in ({}, {"second_perplexity": 90.0}, {"exaggeration": 4.0}, {"metric": "cosine"})
    ]
    assert all(not np.allclose(maps[0], other) for other in maps[1:])
    about = project(x, "tsne", iterations=0, second_perplexity=90.0).about
    assert about["perplexities"] == [30.0, 90.0]


@BOTH
def test_the_cosine_knows_no_lengths(method: str) -> None:
    x = X[:150]
    lengths = 2.0 ** np.random.default_rng(0).integers(-3, 4, (150, 1)).astype(np.float32)
    near, far = (project(each, method, metric="cosine", **FEW[method]).points for each in (x, x * lengths))
    np.testing.assert_allclose(near, far, atol=1e-3 * near.std())


def test_neighbors_are_exact_even_where_they_are_close() -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(60, 1, 8)) + 1e-5 * rng.normal(size=(60, 9, 8))).reshape(540, 8).astype(np.float32)
    *_, found = nearest_neighbors(x, 8)
    apart = cdist(x.astype(float), x.astype(float))
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(found.distances, np.sort(apart, axis=1)[:, :8], rtol=1e-3)
    assert not (found.positions == np.arange(540)[:, None]).any()


def test_the_graph_is_that_of_the_paper() -> None:
    *_, found = nearest_neighbors(X[:200] / 16, 14)
    held = membership_strengths(found)
    np.testing.assert_allclose(held.sum(1), np.log2(15), atol=2e-5)
    np.testing.assert_array_equal(held[:, 0], 1)
    beyond = found.distances - found.distances[:, :1]
    width = -beyond[:, -1] / np.log(held[:, -1])
    np.testing.assert_allclose(held, np.exp(-beyond / width[:, None]), atol=1e-5)
    one_way = np.zeros((200, 200))
    np.put_along_axis(one_way, found.positions, held, 1)
    np.testing.assert_allclose(
        fuzzy_simplicial_set(found).toarray(), one_way + one_way.T - one_way * one_way.T, atol=1e-6
    )


def test_the_curve_is_as_wide_as_asked() -> None:
    np.testing.assert_allclose(find_ab_params(0.1), (1.5769434, 0.8950609), rtol=1e-3)
    near, far = find_ab_params(0.0), find_ab_params(0.8)
    r = 0.8
    assert 1 / (1 + near[0] * r ** (2 * near[1])) < 0.6 < 1 / (1 + far[0] * r ** (2 * far[1]))
