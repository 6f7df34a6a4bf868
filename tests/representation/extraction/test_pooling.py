"""Each pooling against the same worked out by hand on arrays."""

import numpy as np
import pytest
import torch

from featviz.errors import BadInput
from featviz.models.layers import Layer
from featviz.representation.extraction.pooling import POOLINGS, LayerOutput
from tests.toys import noise

LAYOUTS = {
    (3, 4, 4): ("maps", (4, 4), 3),
    (5, 8, 8): ("maps", (8, 8), 5),
    (4, 4, 4): ("maps", (4, 4), 4),
    (4, 4, 7): ("maps_last", (4, 4), 7),
    (17, 5): ("tokens", (4, 4), 5, (1, 0)),
    (16, 5): ("tokens", (4, 4), 5),
    (7, 5): ("tokens", None, 5),
    (6,): ("vector", None, 6),
    (3,): ("vector", None, 3),
}


def output(*shape: int, probed: tuple[int, ...] = ()) -> LayerOutput:
    layer = Layer("x", "X", probed or shape, 0, 1, False, *LAYOUTS[probed or shape])  # type: ignore[arg-type]
    return LayerOutput(noise(2, *shape), layer)


def pooled(method: str, made: LayerOutput, **options: int) -> np.ndarray:
    return POOLINGS[method].function(made, **POOLINGS[method].complete(options)).numpy()


def test_maps() -> None:
    made = output(3, 4, 4)
    raw = made.raw.numpy()
    np.testing.assert_allclose(pooled("mean", made), raw.mean((2, 3)), rtol=1e-5)
    np.testing.assert_array_equal(pooled("max", made), raw.max((2, 3)))
    np.testing.assert_array_equal(pooled("flatten", made), raw.reshape(2, -1))
    cells = raw.reshape(2, 3, 2, 2, 2, 2).mean((3, 5)).reshape(2, -1)
    np.testing.assert_allclose(pooled("grid", made), cells, rtol=1e-5)
    np.testing.assert_allclose(pooled("grid", made, side=1), pooled("mean", made), rtol=1e-5)


def test_maps_that_are_not_square_are_still_maps() -> None:
    made = output(5, 4, 6, probed=(5, 8, 8))
    np.testing.assert_allclose(pooled("mean", made), made.raw.mean((2, 3)), rtol=1e-5)
    assert pooled("grid", made).shape == (2, 20)


def test_channels_last() -> None:
    made = output(4, 4, 7)
    np.testing.assert_allclose(pooled("mean", made), made.raw.mean((1, 2)), rtol=1e-5)
    first = made.raw[:, :2, :2].mean((1, 2))
    np.testing.assert_allclose(pooled("grid", made).reshape(2, 7, 4)[:, :, 0], first, rtol=1e-5)


def test_tokens_with_a_class_token() -> None:
    made = output(17, 5)
    np.testing.assert_allclose(pooled("mean", made), made.raw[:, 1:].mean(1), rtol=1e-5)
    np.testing.assert_array_equal(pooled("max", made), made.raw[:, 1:].amax(1))
    np.testing.assert_array_equal(pooled("class_token", made), made.raw[:, 0])
    assert pooled("grid", made).shape == (2, 20)


def test_tokens_without_one() -> None:
    made = output(16, 5)
    np.testing.assert_allclose(pooled("mean", made), made.raw.mean(1), rtol=1e-5)
    with pytest.raises(BadInput, match="no class token"):
        pooled("class_token", made)
    odd = output(7, 5)
    np.testing.assert_allclose(pooled("mean", odd), odd.raw.mean(1), rtol=1e-5)
    with pytest.raises(BadInput, match="no grid"):
        pooled("grid", odd)


def test_vectors_stay_as_they_are() -> None:
    made = output(6)
    for method in ("mean", "max", "flatten"):
        np.testing.assert_array_equal(pooled(method, made), made.raw)


def test_the_cap_is_stated() -> None:
    assert pooled("flatten", output(4, 4, 4), cap=64).shape == (2, 64)
    with pytest.raises(BadInput, match="64 numbers for an image, more than the cap of 63") as refusal:
        pooled("flatten", output(4, 4, 4), cap=63)
    assert refusal.value.code == "cap"


def test_every_pooling_says_where_it_is_from() -> None:
    assert [each.id for each in POOLINGS] == ["mean", "max", "flatten", "class_token", "grid"]
    assert all(each.reference and each.summary for each in POOLINGS)
    assert torch.is_tensor(POOLINGS["mean"].function(output(3)))
