"""Rank, alignment, uniformity and dead units, by hand and by the papers' formulas."""

import numpy as np
import pytest

from featviz.representation.quality import report
from tests.representation.quality.features import blobs, embeddings, noise


def one(measure, vectors, labels=()):
    return report(embeddings(vectors, labels), measures=[measure])[measure]


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_a_covariance_that_is_the_identity_on_r_dimensions_has_effective_rank_r(rank):
    corners = np.concatenate([np.eye(8)[:rank], -np.eye(8)[:rank]])
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0]
    assert one("effective_rank", 100 + 5 * corners @ rotation).value == pytest.approx(rank, abs=1e-4)


def test_effective_rank_is_the_exponential_of_the_entropy():
    # Singular values 3 and 1, so shares 3/4 and 1/4: exp(log 4 - 3/4 log 3).
    vectors = [[3, 0], [-3, 0], [0, 1], [0, -1]]
    assert one("effective_rank", vectors).value == pytest.approx(4 / 3**0.75, rel=1e-6)


def test_random_features_have_the_effective_rank_of_random_features():
    found = one("effective_rank", noise().vectors)
    assert found.value == pytest.approx(found.baseline, rel=0.02)


def test_alignment_is_the_papers_over_pairs_of_a_class():
    given = blobs(40)
    unit = given.vectors / np.linalg.norm(given.vectors, axis=1, keepdims=True)
    pairs = [
        np.square(unit[i] - unit[j]).sum()
        for i in range(40)
        for j in range(40)
        if i != j and given.labels[i] == given.labels[j]
    ]
    found = report(given, measures=["alignment"])["alignment"]
    assert found.value == pytest.approx(np.mean(pairs), abs=1e-6)
    assert found.value < found.baseline


def test_alignment_of_opposite_pairs_is_four_and_of_equal_ones_nothing():
    assert one("alignment", [[1, 0], [-5, 0], [0, 2], [0, -1]], "aabb").value == pytest.approx(4)
    assert one("alignment", [[1, 1], [3, 3], [-2, 0], [-1, 0]], "aabb").value == pytest.approx(0, abs=1e-6)


def test_uniformity_is_the_papers_over_all_pairs():
    vectors = noise(50).vectors
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    apart = np.square(unit[:, None] - unit).sum(2)[~np.eye(50, dtype=bool)]
    assert one("uniformity", vectors).value == pytest.approx(np.log(np.exp(-2 * apart).mean()), abs=1e-6)


def test_one_direction_for_all_is_not_uniform_and_random_ones_are():
    assert one("uniformity", np.arange(1, 20)[:, None] * [[1.0, 2.0]]).value == pytest.approx(0, abs=1e-6)
    found = one("uniformity", noise().vectors)
    assert found.value == pytest.approx(found.baseline, abs=0.05)


def test_planted_dead_units_are_found():
    vectors = np.abs(noise(dimensions=20).vectors)
    vectors[:, [3, 11]] = 0
    vectors[:, 7] = 4.2
    vectors[:, 5] *= 1e-12  # weak, yet alive
    found = one("dead_units", vectors)
    assert found.details["units"].tolist() == [3, 7, 11]
    assert found.value == pytest.approx(3 / 20)
    assert one("dead_units", noise().vectors).value == 0
