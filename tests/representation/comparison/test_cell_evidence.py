"""Behind a number: planted images, units and rotations are what is shown, and intervals hold what they promise."""

import numpy as np
import pytest

from featviz import Embeddings, FeatvizError
from featviz.representation.comparison import cell_evidence, evidence_steps
from featviz.representation.comparison.matched_units import match_units
from featviz.representation.comparison.neighborhoods import compare_neighborhoods
from featviz.representation.comparison.resampling import interval, score_of_subsets, size_curve
from featviz.representation.similarity import similarity


def rotation(size: int, rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


def embeddings(vectors: np.ndarray, **facts: str) -> Embeddings:
    return Embeddings(vectors, tuple(f"image {number}" for number in range(len(vectors))), **facts)


def test_neighbors_and_their_ranks_are_those_of_sorted_distances() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30, 5)).astype(np.float32), rng.normal(size=(30, 7)).astype(np.float32)
    found = compare_neighborhoods(a, b, 4)
    orders = []
    for x in (a, b):
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        orders.append([[j for j in np.argsort(1 - unit[i] @ unit.T) if j != i] for i in range(30)])
    for i in range(30):
        near_a, near_b = orders[0][i][:4], orders[1][i][:4]
        assert found.neighbors_a[i].tolist() == near_a
        assert found.neighbors_b[i].tolist() == near_b
        assert found.ranks_in_b[i].tolist() == [orders[1][i].index(j) for j in near_a]
        assert found.ranks_in_a[i].tolist() == [orders[0][i].index(j) for j in near_b]
        union = len({*near_a, *near_b})
        assert found.disagreement[i] == pytest.approx(1 - len({*near_a} & {*near_b}) / union)


def test_images_that_changed_places_disagree_most() -> None:
    rng = np.random.default_rng(1)
    centers = 5 * rng.normal(size=(6, 8))
    a = centers[np.arange(120) % 6] + rng.normal(size=(120, 8))
    b = a @ rotation(8, rng)
    b[[7, 50]] = b[[50, 7]]  # of classes 1 and 2
    found = compare_neighborhoods(a.astype(np.float32), b.astype(np.float32))
    assert set(found.order[:2].tolist()) == {7, 50}
    assert found.disagreement[7] == found.disagreement[50] == 1
    assert np.median(found.disagreement) == 0


def test_disagreement_of_unrelated_layers_is_what_chance_gives() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 200, 20)).astype(np.float32)
    found = compare_neighborhoods(a, b)
    assert found.disagreement.mean() == pytest.approx(found.chance, abs=0.01)


def test_units_in_another_order_find_each_other_and_chance_is_far_below() -> None:
    rng = np.random.default_rng(3)
    a = rng.normal(size=(300, 20)).astype(np.float32)
    order = rng.permutation(20)
    b = np.hstack([a[:, order], np.ones((300, 1))]).astype(np.float32) * 3 + 1
    found = match_units(a, b, 30)
    assert len(found.units_a) == 20  # the constant unit has no partner
    assert order[found.units_b].tolist() == found.units_a.tolist()
    np.testing.assert_allclose(found.correlations, 1, atol=1e-5)
    assert 0.1 < found.chance < 0.25
    assert (found.top_a == found.top_b).all()
    assert found.top_a[0, 0] == a[:, found.units_a[0]].argmax()


def test_the_best_partner_among_unrelated_units_is_at_the_level_of_chance() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 100, 200)).astype(np.float32)
    found = match_units(a, b, 200)
    correlations = np.corrcoef(a.T, b.T)[:200, 200:]
    assert (correlations.max(1) > found.chance).mean() == pytest.approx(0.05, abs=0.04)


def test_a_rotated_layer_lies_upon_the_other_and_is_certain() -> None:
    rng = np.random.default_rng(5)
    a = rng.normal(size=(80, 6)) * [5, 3, 1, 1, 1, 1]
    found = cell_evidence(embeddings(a), embeddings(2 * a @ rotation(6, rng) + 1), draws=20, permutations=49)
    assert found.value == pytest.approx(1, abs=1e-6)
    assert found.maps.moved.max() < 1e-3
    assert found.neighborhoods.disagreement.shape == (80,)
    assert found.interval is not None
    assert found.interval[0] > 0.999
    assert found.p_value == 1 / 50
    assert abs(found.chance or 0) < 0.05


def test_intervals_hold_the_true_value_nine_times_of_ten() -> None:
    """The value of a sample far larger than those the intervals are of."""
    rng = np.random.default_rng(6)
    mixing = rng.normal(size=(5, 5))

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        a = rng.normal(size=(count, 5)) * [3, 2, 1, 1, 1]
        return a, a @ mixing + 2 * rng.normal(size=(count, 5))

    truth = similarity(*draw(4000), "cka_debiased")
    held = 0
    for seed in range(60):
        a, b = draw(80)
        scores = score_of_subsets("cka_debiased", a, b)
        low, high = interval(scores, scores(np.arange(80)), 80, (-1, 1), draws=60, seed=seed)
        held += low <= truth <= high
    assert held >= 51


@pytest.mark.parametrize("measure", ["cka", "cka_debiased", "cka_rbf"])
def test_a_subset_scores_as_if_it_were_all_there_is(measure: str) -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(2, 40, 6))
    subset = np.arange(3, 35)
    found = score_of_subsets(measure, a, b)(subset)
    assert found == pytest.approx(similarity(a[subset], b[subset], measure), abs=1e-9)


def test_the_biased_estimate_falls_with_more_images_and_the_debiased_does_not() -> None:
    rng = np.random.default_rng(8)
    a, b = rng.normal(size=(2, 400, 30))
    curves = {
        each: size_curve(score_of_subsets(each, a, b), similarity(a, b, each), 400)
        for each in ("cka", "cka_debiased")
    }
    assert curves["cka"].sizes[[0, -1]].tolist() == [8, 400]
    assert (np.diff(curves["cka"].values) < 0).all()
    assert curves["cka"].values[0] > 0.7
    assert np.abs(curves["cka_debiased"].values[1:]).max() < 0.1


def test_only_shared_images_are_compared() -> None:
    rng = np.random.default_rng(9)
    vectors = rng.normal(size=(20, 4))
    a, b = embeddings(vectors), embeddings(vectors).subset(range(19, 4, -1))
    *_, last = evidence_steps(a, b, draws=5, permutations=5)
    assert last.result is not None
    assert last.result.ids == a.ids[5:]
    assert last.result.value == pytest.approx(1)


def test_nothing_in_common_is_refused_with_what_to_do() -> None:
    rng = np.random.default_rng(10)
    a = embeddings(rng.normal(size=(6, 3)), images="these")
    b = Embeddings(rng.normal(size=(9, 3)), tuple(map(str, range(9))), images="those")
    with pytest.raises(
        FeatvizError, match=r"6 images of these and 9 of those have 0 in common.*embed the same"
    ):
        cell_evidence(a, b)


def test_what_only_fits_noise_scores_nothing_on_other_images() -> None:
    rng = np.random.default_rng(11)
    a, b = embeddings(rng.normal(size=(60, 25))), embeddings(rng.normal(size=(60, 25)))
    turned = embeddings(a.vectors @ rotation(25, rng))
    noise, same = (cell_evidence(a, each, "procrustes", draws=5, permutations=39) for each in (b, turned))
    assert noise.held_out is not None
    assert same.held_out is not None
    assert noise.value > 0.5
    assert noise.held_out < 0.2
    assert noise.p_value is not None
    assert noise.p_value > 0.05
    assert same.held_out > 0.99
