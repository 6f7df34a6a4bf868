"""Fusion: squared distances add up, weight by weight, after a stated normalization."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest

from featviz import Embeddings, fuse
from featviz.errors import BadInput
from featviz.representation.fusion import NORMALIZATIONS, image_weights, steps
from featviz.representation.quality.features import Features
from featviz.representation.quality.prediction import linear_probe


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


def accuracy(embeddings: Embeddings) -> float:
    return float(linear_probe(Features(embeddings)).value or 0)


@pytest.fixture(scope="module")
def halves() -> list[Embeddings]:
    """Four classes of two bits each; one part knows the first bit, the other the second."""
    random = np.random.default_rng(0)
    bits = random.integers(2, size=(400, 2))
    labels = tuple(f"{a}{b}" for a, b in bits)
    ids = tuple(map(str, range(400)))
    vectors = [random.normal(size=(400, size)) for size in (12, 20)]
    for column, each in enumerate(vectors):
        each[:, 0] += 8 * bits[:, column]
    return [Embeddings(each.astype(np.float32), ids, labels, layer=str(each.shape[1])) for each in vectors]


@pytest.fixture(scope="module")
def told_apart() -> tuple[list[Embeddings], np.ndarray]:
    """Each part knows the class of half of the images and has weak noise for the others."""
    random = np.random.default_rng(1)
    codes, first_knows = random.integers(4, size=600), random.random(600) < 0.5
    ids, labels = tuple(map(str, range(600))), tuple(f"class {each}" for each in codes)
    parts = []
    for knows in (first_knows, ~first_knows):
        means = 4 * random.normal(size=(4, 16))
        vectors = np.where(knows[:, None], means[codes], 0) + random.normal(size=(600, 16))
        parts.append(Embeddings(vectors.astype(np.float32), ids, labels))
    return parts, first_knows


@pytest.mark.parametrize(
    ("method", "weights"),
    [("concatenation", ()), ("weighted_sum", ()), ("weighted_sum", "probe"), ("attention", ())],
)
def test_together_parts_that_know_half_of_the_label_know_it_all(
    halves: list[Embeddings], method: str, weights: Sequence[float] | Literal["probe"]
) -> None:
    assert max(map(accuracy, halves)) < 0.6
    assert accuracy(fuse(halves, method, weights=weights, normalization="none")) > 0.9


def test_attention_listens_to_the_part_that_knows(told_apart: tuple[list[Embeddings], np.ndarray]) -> None:
    parts, first_knows = told_apart
    ids, weights = image_weights(parts, normalization="none")
    np.testing.assert_allclose(weights.sum(1), 1)
    assert ids == parts[0].ids
    assert weights[first_knows, 0].mean() > 0.9 > 0.1 > weights[~first_knows, 0].mean()
    fused = fuse(parts, "attention", normalization="none")
    assert fused.dimensions == 16
    assert fused.options["weights"] == pytest.approx(weights.mean(0))
    assert accuracy(fused) > max(map(accuracy, parts)) + 0.2


def test_attention_never_reads_an_images_own_label(halves: list[Embeddings]) -> None:
    """With labels that mean nothing the fused vectors do not know them either."""
    shuffled = tuple(np.random.default_rng(3).permutation([str(each) for each in halves[0].labels]).tolist())
    blind = [Embeddings(each.vectors, each.ids, shuffled) for each in halves]
    assert accuracy(fuse(blind, "attention", normalization="none")) < 0.35
    assert accuracy(fuse(blind, "weighted_sum", weights="probe", normalization="none")) < 0.35


def test_the_probe_leaves_out_a_part_of_noise(halves: list[Embeddings]) -> None:
    noise = np.random.default_rng(5).normal(size=(400, 12)).astype(np.float32)
    parts = [halves[0], Embeddings(noise, halves[0].ids, halves[0].labels), halves[1]]
    weights = fuse(parts, "weighted_sum", weights="probe", normalization="none").options["weights"]
    assert sum(weights) == pytest.approx(1)
    assert weights[1] < min(weights[0], weights[2])


@pytest.mark.parametrize(("method", "weights"), [("weighted_sum", "probe"), ("attention", ())])
def test_weights_are_learned_step_by_step(
    halves: list[Embeddings], method: str, weights: Sequence[float] | Literal["probe"]
) -> None:
    run = list(steps(halves, method, weights=weights, normalization="none"))
    assert len(run) > 10
    assert [each.done for each in run[:-1]] == list(range(len(run) - 1))
    assert run[-1].result is not None
    expected = fuse(halves, method, weights=weights, normalization="none")
    np.testing.assert_array_equal(run[-1].result.embeddings.vectors, expected.vectors)
    assert run[-1].result.weights.mean(0).sum() == pytest.approx(1 if method == "attention" else 0.5)


def test_inner_products_add_up_on_average_over_the_directions() -> None:
    parts = [part(40, "abcdefghij"), part(50, "abcdefghij")]
    single = [fuse([each], "weighted_sum").vectors for each in parts]
    sums = [
        fuse(parts, "weighted_sum", weights=[2, 1], seed=seed, dimensions=40).vectors for seed in range(300)
    ]
    expected = 4 * single[0] @ single[0].T + single[1] @ single[1].T
    np.testing.assert_allclose(np.mean([each @ each.T for each in sums], axis=0), expected, atol=0.1)


def test_attention_without_labels_or_with_weights_is_refused(halves: list[Embeddings]) -> None:
    with pytest.raises(BadInput, match="learned from labels"):
        fuse([part(3), part(4)], "attention")
    with pytest.raises(BadInput, match="give none"):
        fuse(halves, "attention", weights=[1, 1])
    with pytest.raises(BadInput, match="numbers, or"):
        fuse(halves, "weighted_sum", weights="equal")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="No fusion"):
        fuse(halves, "product")
