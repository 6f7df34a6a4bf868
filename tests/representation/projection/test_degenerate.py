"""Whatever comes is refused in a sentence or shown as it is: no crash, no NaN, no spread that is not there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featviz.errors import BadArchive, BadInput
from featviz.representation.projection import PROJECTIONS, Projection, project, steps

FEW = {"autoencoder": {"iterations": 30}, "tsne": {"iterations": 30}, "umap": {"epochs": 20}}
METHODS = [method.id for method in PROJECTIONS]
IN_PROCESS = [method for method in METHODS if method != "umap_learn"]
BASE = np.random.default_rng(0).normal(size=(40, 60)).astype(np.float32)
LABELS = ["a", "b", None, "a"] * 100

SETS = {
    **{f"{n} vectors": BASE[:n] for n in range(1, 7)},
    "all the same": np.ones((40, 60), np.float32),
    "zeros": np.zeros((40, 60), np.float32),
    "tiny": BASE * np.float32(1e-30),
    "huge": BASE * np.float32(1e30),
    "each twice": np.repeat(BASE[:20], 2, 0),
    "nearly the same": 1 + BASE * np.float32(1e-7),
    "most the same": np.concatenate([np.zeros((34, 60), np.float32), BASE[:6]]),
    "three numbers": BASE[:, :3],
    "one number": BASE[:, :1],
    "one hot": np.eye(40, dtype=np.float32),
    "an outlier": np.concatenate([BASE, BASE[:1] * 1e8]),
    "parallel": BASE[:1] * np.arange(1, 41, dtype=np.float32)[:, None],
    "whole numbers": np.arange(80).reshape(40, 2) % 7,
}


def drawn(x: np.ndarray, method: str, dimensions: int, **options: object) -> Projection | None:
    """The map, or None where a sentence came instead."""
    try:
        return project(
            x, method, dimensions=dimensions, labels=LABELS[: len(x)], **FEW.get(method, {}), **options
        )
    except BadInput as error:
        return None if error.code and len(str(error)) > 20 else pytest.fail(f"{error!r} says too little")


@pytest.mark.parametrize("method", IN_PROCESS)
@pytest.mark.parametrize("name", SETS)
def test_all_is_shown_or_refused(name: str, method: str) -> None:
    x = SETS[name]
    kept = x.copy()
    for dimensions in (2, 3):
        map_ = drawn(x, method, dimensions)
        assert map_ is not None or method in ("centroids", "discriminant", "probe", "units")
        if map_ is not None:
            assert map_.points.shape == (len(x), dimensions)
            assert np.isfinite(map_.points).all() and np.isfinite(map_.transform(x)).all()
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("method", ["pca", "random", "tsne", "umap", "umap_learn"])
@pytest.mark.parametrize("name", ["all the same", "zeros", "1 vectors"])
def test_the_same_vectors_have_one_place_and_that_is_said(name: str, method: str) -> None:
    map_ = drawn(SETS[name], method, 2)
    assert map_ is not None and np.ptp(map_.points, axis=0).max() == 0
    if method != "random":
        assert "All vectors are the same" in map_.about["notes"][-1]


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_vectors_that_repeat_lie_upon_each_other(method: str) -> None:
    map_ = drawn(SETS["each twice"], method, 2)
    assert map_ is not None
    np.testing.assert_array_equal(map_.points[::2], map_.points[1::2])
    assert len(np.unique(map_.points, axis=0)) == 20
    assert map_.about["notes"][0] == "20 of 40 vectors repeat others and lie upon them."


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_for_the_cosine_parallel_vectors_are_the_same(method: str) -> None:
    lengths = 2.0 ** np.arange(40, dtype=np.float32)[:, None] / 2**20
    map_ = drawn(BASE[:1] * lengths, method, 2, metric="cosine")
    assert map_ is not None and np.ptp(map_.points, axis=0).max() == 0


@pytest.mark.parametrize(
    ("method", "options"), [("tsne", {"perplexity": 30.0}), ("umap", {"n_neighbors": 50})]
)
def test_too_large_a_neighborhood_is_made_smaller_and_that_is_said(
    method: str, options: dict[str, float]
) -> None:
    map_ = drawn(BASE[:12], method, 2, **options)
    assert map_ is not None and "used" in map_.about["notes"][-1]
    assert len(np.unique(map_.points, axis=0)) == 12


def test_too_few_for_a_map_of_neighbors_are_components() -> None:
    map_ = drawn(BASE[:3], "umap", 2)
    assert map_ is not None and "too few for UMAP" in map_.about["notes"][-1]
    components = project(BASE[:3], "pca").points
    assert np.corrcoef(map_.points.ravel(), components.ravel())[0, 1] > 0.99999


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("x", "code"),
    [
        (np.empty((0, 5)), "empty"),
        (np.full((5, 3), np.nan), "nan"),
        (np.array([[1.0, np.inf], [0, 0]]), "nan"),
        (np.full((5, 3), 1e300), "range"),
        (np.zeros((3, 3, 3)), "shape"),
        (np.zeros((3, 0)), "shape"),
        ([["a", "b"]], "shape"),
        ([[1.0], [2.0, 3.0]], "shape"),
        (None, "shape"),
    ],
)
def test_what_is_no_vectors_is_refused_at_once(x: object, code: str, method: str) -> None:
    with pytest.raises(BadInput) as refused:
        steps(x, method)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"method": "isomap"}, "method"),
        ({"dimensions": 4}, "dimensions"),
        ({"seed": -1}, "seed"),
        ({"perplexity": 1.0}, "option"),
        ({"metric": "manhattan"}, "option"),
        ({"n_neighbors": 5}, "option"),
        ({"start": np.zeros((39, 2))}, "start"),
        ({"start": np.full((40, 2), np.nan)}, "nan"),
    ],
)
def test_what_is_no_option_is_refused_at_once(options: dict[str, object], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        steps(BASE, **{"method": "tsne", **options})
    assert refused.value.code == code


def test_other_vectors_than_the_maps_are_refused() -> None:
    with pytest.raises(BadInput, match="60 numbers each, and 3 came"):
        project(BASE, "pca").transform(BASE[:, :3])
    with pytest.raises(BadArchive, match=r"something else|damaged"):
        Projection.from_bytes(b"something else")


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 30),
    st.integers(1, 6),
    st.integers(0, 1 << 16),
    st.sampled_from(["pca", "tsne", "umap"]),
    st.floats(-30, 30),
    st.integers(1, 40),
)
def test_any_small_set_is_shown(n: int, d: int, seed: int, method: str, power: float, values: int) -> None:
    x = np.random.default_rng(seed).integers(0, values, (n, d)) * 10.0**power
    map_ = drawn(x, method, 2)
    assert map_ is not None and np.isfinite(map_.points).all()
