"""Every layer with every layer: the numbers of a plain calculation, from the layers' true outputs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import featviz
from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.representation.comparison import SimilarityMatrix, compare, steps
from featviz.store.store import Store
from tests.representation.sets import counting, pictures, resizing
from tests.toys import InPlace, seeded, wrapped

SHAPES = ImageSet.bundled("shapes", 40)
NOWHERE = Store(None)


def debiased_by_hand(x: np.ndarray, y: np.ndarray) -> float:
    """Linear CKA with Song et al.'s unbiased estimate, term by term, on centred vectors in double precision."""

    def estimate(k: np.ndarray, m: np.ndarray) -> float:
        n = len(k)
        trace = np.trace(k @ m)
        middle = k.sum() * m.sum() / ((n - 1) * (n - 2))
        return float((trace + middle - 2 / (n - 2) * (k @ m).sum()) / (n * (n - 3)))

    k, m = (z @ z.T for z in (x - x.mean(0), y - y.mean(0)))
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    return estimate(k, m) / (estimate(k, k) * estimate(m, m)) ** 0.5


def pixels(model: Model, images: ImageSet) -> Tensor:
    return torch.stack([model.transform(sample.image.convert("RGB")) for sample in images])


def in_place(seed: int) -> Model:
    return resizing(wrapped(seeded(InPlace, seed), name=f"in place {seed}"))


def test_layers_that_are_overwritten_or_run_twice_are_what_they_were() -> None:
    a, b = in_place(0), in_place(1)
    matrix = compare(
        a, b, SHAPES, layers_a=["head", "relu:1", "conv2", "relu:0", "conv1"], permutations=0, store=NOWHERE
    )
    with torch.no_grad():
        first, second = (model.module.by_hand(pixels(model, SHAPES)) for model in (a, b))
    assert matrix.layers_a == ("conv1", "relu:0", "conv2", "relu:1", "head")
    assert matrix.layers_b == ("conv1", "conv2", "head")
    vectors = [
        [(each if each.ndim == 2 else each.mean((2, 3))).double().numpy() for each in map(outputs.get, names)]
        for outputs, names in ((first, matrix.layers_a), (second, matrix.layers_b))
    ]
    truth = [[debiased_by_hand(x, y) for y in vectors[1]] for x in vectors[0]]
    np.testing.assert_allclose(matrix.values, truth, atol=2e-5)
    assert matrix.dimensions_a == (8, 8, 8, 8, 5)
    assert (matrix.count, matrix.images, matrix.p_values) == (40, "shapes", None)


def test_a_network_with_itself_is_one_on_the_diagonal_and_symmetric() -> None:
    model = in_place(0)
    matrix = compare(model, model, SHAPES, permutations=20, store=NOWHERE)
    np.testing.assert_allclose(np.diag(matrix.values), 1, atol=1e-12)
    np.testing.assert_allclose(matrix.values, matrix.values.T, atol=1e-12)
    assert matrix.best.tolist() == [0, 1, 2]
    np.testing.assert_allclose(matrix.best_p, 1 / 21)


def test_the_file_gives_all_of_it_back(tmp_path: Path) -> None:
    model = in_place(0)
    matrix = compare(model, in_place(1), SHAPES, permutations=10, store=NOWHERE)
    matrix.save(tmp_path / "it")
    again = SimilarityMatrix.load(tmp_path / "it")
    for name, value in vars(matrix).items():
        np.testing.assert_equal(getattr(again, name), value)


def test_progress_ends_with_the_result_and_the_public_name_is_the_same() -> None:
    model = in_place(0)
    run = list(steps(model, model, SHAPES, permutations=5, store=NOWHERE))
    assert [each.result is None for each in run] == [True] * (len(run) - 1) + [False]
    shares = [each.share for each in run]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert featviz.compare is compare


def test_what_was_compared_is_found_again_without_a_pass(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (a, passes_a), (b, passes_b) = counting(0), counting(1)
    images = ImageSet.from_files(pictures(12))
    first = compare(a, b, images, permutations=20, store=store)
    assert passes_a == passes_b == [1, 12]  # one image to see in which order layers run
    passes_a.clear()
    again = compare(a, replace(b, name="the same, renamed"), images, permutations=20, store=store)
    assert passes_a == []
    np.testing.assert_array_equal(again.values, first.values)
    np.testing.assert_array_equal(again.p_values, first.p_values)
    assert (first.model_b, again.model_b) == ("toy", "the same, renamed")
    other = compare(a, b, images, permutations=20, seed=1, store=store)
    assert passes_a == []  # the images were embedded before
    assert not np.array_equal(other.chance, first.chance)


def test_ended_early_it_keeps_no_result_and_goes_on_where_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path)
    model, passes = counting(0)
    images = ImageSet.from_files(pictures(40))
    run = steps(model, model, images, permutations=20, store=store)
    for _ in range(3):
        next(run)
    run.close()
    assert passes == [1, 16, 16]
    assert list(tmp_path.glob("*.comparison*")) == []
    result = compare(model, model, images, permutations=20, store=store)
    assert passes == [1, 16, 16, 8]
    assert result.count == 40
    assert len(list(tmp_path.glob("*.comparison*"))) == 1
