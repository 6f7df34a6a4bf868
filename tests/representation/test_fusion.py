"""Fusion: squared distances add up, weight by weight, after a stated normalization."""

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.fusion import NORMALIZATIONS, fuse


def part(dimensions: int, ids: str = "abcdef", scale: float = 1.0, layer: str = "l") -> Embeddings:
    values = np.random.default_rng(dimensions).normal(3, scale, (len(ids), dimensions))
    return Embeddings(values.astype(np.float32), tuple(ids), layer=layer, model="m")


def squared(vectors: np.ndarray) -> np.ndarray:
    return np.square(vectors[:, None] - vectors[None]).sum(2)


@pytest.mark.parametrize("normalization", [each.id for each in NORMALIZATIONS])
def test_squared_distances_add_up(normalization: str) -> None:
    parts = [part(3), part(5, scale=100.0)]
    fused = fuse(parts, weights=[2, 0.5], normalization=normalization)
    single = [fuse([each], normalization=normalization).vectors for each in parts]
    expected = 4 * squared(single[0]) + 0.25 * squared(single[1])
    np.testing.assert_allclose(squared(fused.vectors), expected, rtol=1e-4, atol=1e-5 * expected.max())
    assert (fused.dimensions, fused.layer, fused.options["weights"]) == (8, "l + l", [2.0, 0.5])


def test_what_each_normalization_promises() -> None:
    given = part(4, scale=10.0)
    lengths = np.linalg.norm(fuse([given]).vectors, axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-6)
    standard = fuse([given], normalization="standard").vectors
    np.testing.assert_allclose(standard.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(standard.std(0), 0.5, rtol=1e-5)
    scaled = fuse([given], normalization="scale").vectors
    np.testing.assert_allclose(np.square(scaled).sum(1).mean(), 1, rtol=1e-5)
    np.testing.assert_array_equal(fuse([given], normalization="none").vectors, given.vectors)


def test_zeros_and_constants_stay_finite() -> None:
    dead = Embeddings(np.zeros((3, 2), np.float32), ("a", "b", "c"))
    same = Embeddings(np.full((3, 2), 7e7, np.float32), ("a", "b", "c"))
    for normalization in NORMALIZATIONS:
        assert not fuse([dead], normalization=normalization.id).vectors.any()
    assert not fuse([same], normalization="standard").vectors.any()


def test_images_are_matched_by_id() -> None:
    fused = fuse([part(2, "abcd"), part(3, "dxcb")], normalization="none")
    assert fused.ids == ("b", "c", "d")
    np.testing.assert_array_equal(fused.vectors[2, 2:], part(3, "dxcb").vectors[0])


@pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0], [1, float("nan")]])
def test_weights_that_do_not_fit_are_refused(weights: list[float]) -> None:
    with pytest.raises(BadInput, match="one weight of 0 or more"):
        fuse([part(2), part(3)], weights=weights)


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(BadInput, match="no image in common"):
        fuse([part(2, "ab"), part(2, "cd")])
    with pytest.raises(BadInput, match="No normalization"):
        fuse([part(2)], normalization="zca")
    with pytest.raises(BadInput):
        fuse([])
