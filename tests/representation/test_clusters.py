"""Clusters are found where there are some."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from featviz.errors import BadInput
from featviz.representation import clusters as module
from featviz.representation.clusters import CLUSTERINGS, clusters

SIZES = (60, 40, 30)
TRUE = np.repeat(np.arange(3), SIZES)


def blobs(dimensions=8, spread=0.3):
    generator = np.random.default_rng(0)
    centers = 5 * np.eye(3, dimensions)
    return (centers[TRUE] + spread * generator.normal(size=(len(TRUE), dimensions))).astype(np.float32)


@pytest.mark.parametrize(("method", "options"), [("k_means", {"clusters": 3}), ("hdbscan", {"smallest": 10})])
@pytest.mark.parametrize("dimensions", [3, 64])
def test_groups_that_are_there_are_found_and_numbered_by_size(method, options, dimensions):
    found = clusters(blobs(dimensions, 0.2), method, **options)
    assert found.dtype == np.int32
    kept = found >= 0
    assert kept.mean() > 0.9
    assert adjusted_rand_score(TRUE[kept], found[kept]) == 1.0
    assert [int(np.bincount(found[found >= 0]).argmax()), len(np.unique(found[kept]))] == [0, 3]
    assert list(np.bincount(found[kept])) == sorted(np.bincount(found[kept]), reverse=True)


def test_what_lies_far_from_all_is_in_no_cluster():
    vectors = np.concatenate([blobs(), np.full((1, 8), 300, np.float32)])
    assert clusters(vectors, "hdbscan", smallest=10)[-1] == -1


def test_the_same_seed_gives_the_same_clusters():
    noise = np.random.default_rng(1).normal(size=(200, 5)).astype(np.float32)
    one, two = (clusters(noise, "k_means", clusters=6, seed=4) for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize(("method", "options"), [("k_means", {"clusters": 3}), ("hdbscan", {"smallest": 10})])
def test_a_sample_speaks_for_the_rest(method, options, monkeypatch):
    monkeypatch.setattr(module, "_MAX_CLUSTERED", 80)
    found = clusters(blobs(spread=0.2), method, **options)
    assert adjusted_rand_score(TRUE, found) > 0.95


@pytest.mark.parametrize("method", [each.id for each in CLUSTERINGS])
def test_too_few_vectors_are_refused_in_words(method):
    with pytest.raises(BadInput, match="ask for"):
        clusters(np.zeros((5, 3), np.float32), method)
    with pytest.raises(BadInput):
        clusters(blobs(), method, nonsense=1)
