"""What a map keeps, against scikit-learn, SciPy and cases worked by hand."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.projection.quality import baseline, map_quality, nearest

MEASURES = ("trustworthiness", "continuity", "neighbor_overlap", "shepard")


def cloud(count=200, dimensions=12, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)


def flawed(vectors, seed=1):
    return vectors[:, :2] + 0.3 * np.random.default_rng(seed).normal(size=(len(vectors), 2))


@pytest.mark.parametrize("k", [1, 10, 40])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_trustworthiness_is_scikit_learns(k, metric):
    vectors = cloud()
    points = flawed(vectors)
    found = map_quality(vectors, points, k=k, metric=metric)
    expected = trustworthiness(vectors.astype(float), points, n_neighbors=k, metric=metric)
    assert found.trustworthiness == pytest.approx(expected, abs=1e-9)


def test_continuity_is_trustworthiness_the_other_way_round():
    vectors = cloud()
    points = flawed(vectors)
    expected = trustworthiness(points, vectors, n_neighbors=10)
    assert map_quality(vectors, points).continuity == pytest.approx(expected, abs=1e-9)


def test_shepard_is_scipys_over_all_pairs():
    vectors = cloud()
    points = flawed(vectors)
    expected = spearmanr(pdist(vectors), pdist(points)).statistic
    assert map_quality(vectors, points).shepard == pytest.approx(expected, abs=1e-9)


def test_shepard_of_each_point_is_scipys_over_its_pairs():
    vectors = cloud(60)
    points = flawed(vectors)
    found = map_quality(vectors, points).points["shepard"]
    for place in (0, 31):
        true, drawn = (np.linalg.norm(each - each[place], axis=1) for each in (vectors, points))
        expected = spearmanr(np.delete(true, place), np.delete(drawn, place)).statistic
        assert found[place] == pytest.approx(expected, abs=1e-6)


def test_a_map_that_is_the_space_keeps_everything():
    vectors = cloud(100, 2)
    found = map_quality(vectors, 3 * vectors[:, ::-1].astype(float) - 7)
    assert [getattr(found, name) for name in MEASURES] == pytest.approx([1, 1, 1, 1], abs=1e-7)


def test_four_points_on_a_line_one_of_them_moved():
    # True places 0, 1, 3, 7; the map puts the last at 0.4. With k = 1 the worst case costs
    # k (2n - 3k - 1) / 2 = 2 places. The last is now nearest to the first two and they to it, all wrongly and
    # two places too far; the third still finds the second.
    found = map_quality([[0], [1], [3], [7]], [[0, 0], [1, 0], [3, 0], [0.4, 0]], k=1)
    assert found.points["trustworthiness"].tolist() == [0, 0, 1, 0]
    assert found.points["neighbor_overlap"].tolist() == [0, 0, 1, 0]
    assert found.trustworthiness == pytest.approx(0.25)
    # On the map the true neighbours are the 2nd, 2nd, 1st and 3rd nearest.
    assert found.points["continuity"].tolist() == [0.5, 0.5, 1, 0]


def test_the_point_that_was_moved_is_the_one_that_is_blamed():
    vectors = cloud(150, 2)
    points = vectors.copy()
    points[17] = -3 * points[17] + 4
    found = map_quality(vectors, points, k=5)
    for name in ("trustworthiness", "neighbor_overlap"):
        assert found.points[name].argmin() == 17


def test_equal_points_are_no_mistake_of_the_map():
    vectors = np.repeat(cloud(12, 3) * 1000, 10, axis=0)
    points = np.repeat(np.arange(12.0), 10)[:, None] * [1, 0] + 1e-3 * cloud(120, 2)
    found = map_quality(vectors, points, k=5)
    assert found.trustworthiness == 1
    assert found.neighbor_overlap == 1


def test_a_map_in_a_few_heaps_is_not_saved_by_the_order_of_the_points():
    vectors = np.arange(200.0)[:, None]
    points = np.repeat([[0.0, 0], [1, 0]], 100, axis=0)
    assert map_quality(vectors, points).neighbor_overlap < 0.2


def test_a_sample_is_measured_against_all_points():
    vectors = cloud(300)
    points = flawed(vectors)
    everything, sample = map_quality(vectors, points), map_quality(vectors, points, max_points=40, seed=3)
    assert len(sample.positions) == 40 and sample.total == 300
    for name in MEASURES[:3]:
        assert np.array_equal(sample.points[name], everything.points[name][sample.positions])
    assert np.array_equal(sample.positions, map_quality(vectors, points, max_points=40, seed=3).positions)
    assert not np.array_equal(sample.positions, map_quality(vectors, points, max_points=40, seed=4).positions)


def test_a_random_projection_is_worse_than_a_good_map_and_better_than_chance():
    vectors = cloud(200, 3) * [5, 5, 0.1]
    good, random = map_quality(vectors, vectors[:, :2]), baseline(vectors, seed=2)
    assert 0.5 < random.trustworthiness < good.trustworthiness
    assert baseline(vectors, seed=2).shepard == random.shepard != baseline(vectors, seed=3).shepard


def test_points_put_down_by_chance_are_at_chance_level():
    found = map_quality(cloud(400), cloud(400, 2, seed=9))
    assert found.trustworthiness == pytest.approx(0.5, abs=0.03)
    assert found.neighbor_overlap == pytest.approx(10 / 399, abs=0.01)
    assert found.shepard == pytest.approx(0, abs=0.05)


def test_nothing_is_ever_not_a_number():
    corners = np.eye(30)  # all true distances are the same
    found = map_quality(corners, np.arange(30.0)[:, None], k=3)
    values = [getattr(found, name) for name in MEASURES] + [each.mean() for each in found.points.values()]
    assert np.isfinite(values).all()


@pytest.mark.parametrize("count", range(6))
def test_too_few_points_are_refused(count):
    with pytest.raises(BadInput) as refusal:
        map_quality(np.zeros((count, 3)), np.zeros((count, 2)))
    assert refusal.value.code == "too_few"


@pytest.mark.parametrize(
    ("vectors", "points", "code"),
    [
        (np.ones((30, 3)), cloud(30, 2), "identical"),
        (cloud(30, 3), np.full((30, 2), 0.1), "identical"),
        (cloud(30, 3), cloud(29, 2), "lengths"),
        (cloud(30, 3), np.full((30, 2), np.nan), "nan"),
        (cloud(30, 3), np.zeros(30), "shape"),
        ("abc", np.zeros((30, 2)), "shape"),
    ],
)
def test_what_says_nothing_is_refused(vectors, points, code):
    with pytest.raises(BadInput) as refusal:
        map_quality(vectors, points)
    assert refusal.value.code == code


def test_directions_that_are_all_the_same_are_refused_where_angles_count():
    for vectors in (np.zeros((30, 3)), np.arange(1.0, 31)[:, None] * [[1, 2, 3]]):
        with pytest.raises(BadInput, match="All vectors are the same"):
            map_quality(vectors, cloud(30, 2), metric="cosine")


def test_nearest_are_those_of_all_distances():
    vectors = cloud(90, 7)
    apart = np.linalg.norm(vectors[:, None] - vectors, axis=2)
    np.fill_diagonal(apart, np.inf)
    found = nearest(vectors, 12)
    assert found.dtype == np.int32
    assert np.array_equal(found, np.argsort(apart, axis=1)[:, :12])


def test_nearest_by_angle_does_not_care_for_lengths():
    vectors = cloud(50, 4)
    scaled = vectors * np.random.default_rng(3).uniform(0.1, 9, (50, 1))
    assert np.array_equal(nearest(vectors, 5, metric="cosine"), nearest(scaled, 5, metric="cosine"))
    assert not np.array_equal(nearest(vectors, 5), nearest(scaled, 5))


def test_nearest_takes_embeddings_and_says_what_is_possible():
    embeddings = Embeddings(vectors=cloud(5, 3), ids=tuple("abcde"))
    assert np.array_equal(nearest(embeddings, 4), nearest(embeddings.vectors, 4))
    for k in (0, 5):
        with pytest.raises(BadInput, match="between 1 and 4"):
            nearest(embeddings, k)
    with pytest.raises(BadInput, match="metric"):
        nearest(embeddings, 2, metric="taxi")


def test_the_old_name_of_the_limit_is_read_with_a_warning() -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 5))
    with pytest.warns(DeprecationWarning, match="max_points"):
        old = map_quality(vectors, vectors[:, :2], most=30)  # type: ignore[call-arg]
    assert np.array_equal(old.positions, map_quality(vectors, vectors[:, :2], max_points=30).positions)


def by_differences(vectors: np.ndarray, points: np.ndarray, k: int) -> tuple[float, float]:
    """Trustworthiness and the part of neighbors kept, from all differences in extended precision."""
    n = len(vectors)

    def ranks(values: np.ndarray) -> np.ndarray:
        wide = values.astype(np.longdouble)
        distances = ((wide[:, None] - wide) ** 2).sum(2)
        np.fill_diagonal(distances, np.inf)
        return distances.argsort(1, kind="stable").argsort(1) + 1

    true, drawn = ranks(vectors), ranks(points)
    intruders = np.where((drawn <= k) & (true > k), true - k, 0).sum()
    kept = ((drawn <= k) & (true <= k)).sum() / (n * k)
    return 1 - 2 * intruders / (n * k * (2 * n - 3 * k - 1)), kept


@pytest.mark.parametrize("rows", [slice(7, 8), slice(None, None, 10), slice(0, 0)])
@pytest.mark.parametrize("coded", [-9999999.0, 1e10])
def test_far_points_do_not_make_a_random_map_a_good_one(rows: slice, coded: float) -> None:
    rng = np.random.default_rng(0)
    vectors, points = rng.normal(size=(300, 10)), rng.normal(size=(300, 2))
    vectors[rows, 3] = coded
    found = map_quality(vectors, points)
    trust, kept = by_differences(vectors, points, 10)
    count = len(vectors[rows])
    assert len(found.notes) == (count > 0)
    for note in found.notes:
        assert note.startswith(
            f"Coordinate 3 is stretched by {count} point{'s' if count > 1 else ''} of 300 (to {coded:.10g};"
        )
    assert (found.trustworthiness, found.neighbor_overlap) == pytest.approx((trust, kept), abs=5e-3)
    assert abs(trust - 0.5) < 0.02
    turned = map_quality(points, vectors)
    assert turned.continuity == pytest.approx(trust, abs=5e-3)


def test_tight_groups_far_apart_keep_their_own_neighbors() -> None:
    rng = np.random.default_rng(1)
    centers = rng.normal(size=(4, 64))
    vectors = (np.repeat(centers, 40, 0) + 1e-9 * rng.normal(size=(160, 64))).astype(np.float64)
    points = rng.normal(size=(160, 2))
    found = map_quality(vectors, points, k=5)
    assert (found.trustworthiness, found.neighbor_overlap) == pytest.approx(
        by_differences(vectors, points, 5), abs=1e-3
    )
