"""Search against brute force in double precision."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from featviz import Embeddings, SearchIndex
from featviz.errors import BadInput
from featviz.representation.search import index as index_module

METRICS = ("cosine", "dot", "euclidean")


def brute_force(vectors: np.ndarray, query: np.ndarray, k: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
    rows, query = vectors.astype(np.float64), query.astype(np.float64)
    similarities = {
        "dot": lambda: (rows * query).sum(1),
        "euclidean": lambda: -np.sqrt(((rows - query) ** 2).sum(1)),
        "cosine": lambda: (
            (rows * query).sum(1) / np.maximum(np.sqrt((rows**2).sum(1)), 1e-300) / np.sqrt((query**2).sum())
        ),
    }[metric]()
    order = np.lexsort((np.arange(len(rows)), -similarities))[:k]
    return order, similarities[order]


def gaussian(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("n", "d", "k"), [(1, 1, 1), (5, 3, 5), (300, 7, 299), (3000, 64, 10), (40_000, 8, 3)]
)
def test_equals_brute_force(n: int, d: int, k: int, metric: str) -> None:
    vectors, queries = gaussian(n, d), gaussian(70, d, 1)
    positions, similarities = SearchIndex.build(vectors, metric=metric).arrays(queries, k)
    assert positions.shape == similarities.shape == (70, k)
    for row, query in enumerate(queries):
        expected, values = brute_force(vectors, query, k, metric)
        np.testing.assert_array_equal(positions[row], expected)
        np.testing.assert_allclose(similarities[row], values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("metric", METRICS)
def test_vectors_far_from_the_origin_and_close_together_are_told_apart(metric: str) -> None:
    vectors = 1000 + gaussian(2000, 16) / 1000
    for query in vectors[:5] + np.float32(1e-3):
        expected, values = brute_force(vectors, query, 10, metric)
        positions, similarities = SearchIndex.build(vectors, metric=metric).arrays(query, 10)
        np.testing.assert_array_equal(positions[0], expected)
        np.testing.assert_allclose(similarities[0], values, rtol=1e-5, atol=1e-5)


small = st.integers(1, 12).flatmap(
    lambda n: st.integers(1, 4).flatmap(
        lambda d: arrays(np.float32, (n, d), elements=st.integers(-2, 2).map(float))
    )
)


@settings(deadline=None, max_examples=150)
@given(vectors=small, k=st.integers(1, 15), metric=st.sampled_from(("dot", "euclidean")))
def test_ties_are_ordered_by_position(vectors: np.ndarray, k: int, metric: str) -> None:
    # whole numbers: products and distances are exact, so that ties are ties
    positions, _ = SearchIndex.build(vectors, metric=metric).arrays(vectors, k)
    for row, query in enumerate(vectors):
        expected, _values = brute_force(vectors, query, k, metric)
        np.testing.assert_array_equal(positions[row], expected)


@settings(deadline=None, max_examples=100)
@given(vectors=small, added=st.integers(-2, 2), k=st.integers(1, 6))
def test_an_added_image_removes_no_nearer_one(vectors: np.ndarray, added: int, k: int) -> None:
    more = np.concatenate((vectors, np.full((1, vectors.shape[1]), added, np.float32)))
    before = SearchIndex.build(vectors, metric="euclidean").arrays(vectors, k)[0]
    after = SearchIndex.build(more, metric="euclidean").arrays(vectors, k)[0]
    for old, new in zip(before.tolist(), after.tolist(), strict=True):
        kept = [place for place in new if place != len(vectors)]
        assert old[: len(kept)] == kept
        assert len(kept) >= min(k, len(vectors)) - 1


@settings(deadline=None, max_examples=50)
@given(vectors=small)
def test_more_neighbors_begin_with_the_fewer(vectors: np.ndarray) -> None:
    index = SearchIndex.build(vectors, metric="dot")
    whole = index.arrays(vectors, len(vectors))[0]
    for k in range(1, len(vectors)):
        np.testing.assert_array_equal(index.arrays(vectors, k)[0], whole[:, :k])


def test_duplicates_come_first_and_in_order() -> None:
    vectors = gaussian(5000, 33)
    vectors[[17, 900, 4999]] = vectors[3]
    found = SearchIndex.build(vectors).query(vectors[3], 5)[0]
    assert [each.position for each in found[:4]] == [3, 17, 900, 4999]
    assert len({each.similarity for each in found[:4]}) == 1
    assert found[0].similarity == pytest.approx(1)
    assert found[4].similarity < 0.99


def test_all_the_same_vector_in_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from featviz.representation.neighbors import blockwise

    monkeypatch.setattr(blockwise, "_SCORES", 1024)
    vectors = np.repeat(gaussian(1, 5), 6000, 0)
    vectors[5500] *= 2
    positions, _ = SearchIndex.build(vectors, metric="dot").arrays(vectors[:3], 4)
    first = 5500 if vectors[0] @ vectors[0] > 0 else 0
    np.testing.assert_array_equal(positions, [[first, 0, 1, 2]] * 3)


def test_neighbors_carry_ids() -> None:
    embeddings = Embeddings(vectors=[[1.0, 0], [0, 1], [1, 1]], ids=("east", "north", "both"))
    found = SearchIndex.build(embeddings).query([[2.0, 0.1]], 2)
    assert [(each.id, each.position) for each in found[0]] == [("east", 0), ("both", 2)]
    assert found[0][0].similarity == pytest.approx(2 / np.hypot(2, 0.1))


def test_more_than_there_are_gives_all() -> None:
    index = SearchIndex.build(gaussian(4, 2))
    assert index.arrays(gaussian(1, 2), 100)[0].shape == (1, 4)
    assert len(index.query(gaussian(2, 2), 100)[1]) == 4


def test_a_vector_of_zeros_is_similar_to_nothing() -> None:
    index = SearchIndex.build([[0.0, 0], [-1, 0], [1, 0]])
    positions, similarities = index.arrays([3.0, 0], 3)
    assert positions.tolist() == [[2, 0, 1]]
    assert similarities.tolist() == [[1, 0, -1]]


@pytest.mark.parametrize(
    ("query", "k", "code"),
    [
        ([[0.0, 0]], 1, "zero"),
        ([[1.0, np.nan]], 1, "nan"),
        ([[np.inf, 1]], 1, "nan"),
        ([[1.0, 2, 3]], 1, "dimensions"),
        ([[[1.0, 2]]], 1, "shape"),
        ("a picture", 1, "shape"),
        ([[1.0, 2]], 0, "k"),
        ([[1.0, 2]], -3, "k"),
        ([[1.0, 2]], 1.5, "k"),
        ([[1.0, 2]], True, "k"),
        ([[1e30, 2]], 1, "length"),
    ],
)
def test_refused_queries(query: object, k: object, code: str) -> None:
    index = SearchIndex.build(gaussian(6, 2))
    with pytest.raises(BadInput) as refused:
        index.query(query, k)
    assert refused.value.code == code
    assert len(str(refused.value)) > 20


@pytest.mark.parametrize(
    ("vectors", "options", "code"),
    [
        (np.empty((0, 3)), {}, "empty"),
        ([[1.0, np.nan]], {}, "nan"),
        ([1.0, 2.0], {}, "shape"),
        ([[1e-30, 0]], {}, "length"),
        ([[1.0, 0]], {"metric": "manhattan"}, "metric"),
        ([[1.0, 0]], {"kind": "tree"}, "method"),
        ([[1.0, 0]], {"probes": 3}, "option"),
    ],
)
def test_refused_sets(vectors: object, options: dict[str, object], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        SearchIndex.build(vectors, **options)
    assert refused.value.code == code


def test_nothing_given_is_changed() -> None:
    vectors, queries = gaussian(100, 8), gaussian(3, 8, 1)
    before = vectors.copy(), queries.copy()
    vectors.setflags(write=False)
    queries.setflags(write=False)
    SearchIndex.build(vectors).arrays(queries, 5)
    np.testing.assert_array_equal(vectors, before[0])
    np.testing.assert_array_equal(queries, before[1])


def test_exact_search_recalls_everything() -> None:
    index = SearchIndex.build(gaussian(500, 6))
    assert index.exact
    assert index.recall(10) == 1


def clusters(n: int, d: int = 16) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.standard_normal((40, d))[rng.integers(0, 40, n)] * 3 + rng.standard_normal((n, d))).astype(
        np.float32
    )


@pytest.mark.parametrize("metric", METRICS)
def test_approximate_search_is_measured_and_says_true_similarities(metric: str) -> None:
    vectors = clusters(8000)
    index = SearchIndex.build(vectors, kind="ivf", metric=metric, probes=8)
    again = SearchIndex.build(vectors, kind="ivf", metric=metric, probes=8)
    queries = clusters(50)
    positions, similarities = index.arrays(queries, 10)
    np.testing.assert_array_equal(positions, again.arrays(queries, 10)[0])
    assert not index.exact
    assert (positions >= 0).all()
    whole = SearchIndex.build(vectors, kind="ivf", metric=metric, probes=65_536)
    assert whole.recall(10) == 1
    assert 0.5 < index.recall(10) <= 1
    hits = 0
    for row, query in enumerate(queries):
        expected, _values = brute_force(vectors, query, 10, metric)
        order, values = brute_force(vectors[positions[row]], query, 10, metric)
        assert order.tolist() == list(range(10))
        np.testing.assert_allclose(similarities[row], values, rtol=1e-5, atol=1e-5)
        hits += len(set(expected) & set(positions[row].tolist()))
    assert hits / 500 > 0.5


def test_a_large_set_is_searched_approximately_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "LARGE", 4999)
    vectors = clusters(5000)
    assert SearchIndex.build(vectors).kind == "ivf"
    assert SearchIndex.build(vectors[:4999]).kind == "exact"
    assert SearchIndex.build(vectors, kind="exact").exact


def test_approximate_search_never_hands_on_what_faiss_fills_up_with() -> None:
    vectors = clusters(2000)
    index = SearchIndex.build(vectors, kind="ivf", lists=50, probes=1)
    positions, _ = index.arrays(vectors[:20], 1500)
    assert (positions >= 0).all()
    assert all(len(set(row)) == 1500 for row in positions.tolist())
    few = SearchIndex.build(vectors[:3], kind="ivf")
    assert few.arrays(vectors[:1], 10)[0].shape == (1, 3)


def test_faiss_and_torch_in_one_process_leave_each_other_alone() -> None:
    code = """
import numpy as np, torch
from threading import Thread
from featviz import SearchIndex
threads = torch.get_num_threads()
x = torch.from_numpy(np.random.default_rng(0).standard_normal((300, 300)))
before = x @ x
vectors = np.random.default_rng(0).standard_normal((5000, 32)).astype(np.float32)
index = SearchIndex.build(vectors, kind="ivf")
alone = index.arrays(vectors[:50], 5)[0]
found, products = [], []
work = [Thread(target=lambda: found.append(index.arrays(vectors[:50], 5)[0])) for _ in range(3)]
work += [Thread(target=lambda: products.append(x @ x)) for _ in range(3)]
for each in work: each.start()
for each in work: each.join()
assert len(found) == len(products) == 3
assert all((each == alone).all() for each in found)
assert all(torch.allclose(each, before) for each in products)
assert torch.get_num_threads() == threads
"""
    several = {**os.environ, "OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=several, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
