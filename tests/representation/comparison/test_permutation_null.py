"""What chance gives: permuted matrices are those of permuted images, and p-values are what they promise."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from featviz.representation.comparison.layer_matrices import LayerMatrices, all_pairs, prepare_layers
from featviz.representation.comparison.permutation_null import (
    Calibration,
    Order,
    calibrated_against,
    null_values,
    random_orders,
)
from featviz.representation.similarity import MEASURES, measure_of, similarity


def layers(measure: str, vectors: Sequence[np.ndarray]) -> LayerMatrices:
    names = tuple(map(str, range(len(vectors))))
    made = LayerMatrices.empty(names, len(vectors[0]), measure_of(measure))
    for _ in prepare_layers(measure_of(measure), dict(zip(names, vectors, strict=True)), made):
        pass
    return made


def null_of(
    measure: str, a: Sequence[np.ndarray], b: Sequence[np.ndarray], orders: Sequence[Order]
) -> tuple[Calibration, np.ndarray]:
    first, second, chosen = layers(measure, a), layers(measure, b), measure_of(measure)
    null = np.stack(list(null_values(chosen, first, second, orders)))
    return calibrated_against(all_pairs(chosen, first, second), null, chosen), null


@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (3, 2)])
@pytest.mark.parametrize("measure", [each.id for each in MEASURES if measure_of(each.id).form == "square"])
def test_permuting_matrices_is_permuting_images(measure: str, rows: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    a, b = ([rng.normal(size=(20, 3 + number)) for number in range(count)] for count in (rows, columns))
    orders = list(random_orders(20, 4, 1))
    _, null = null_of(measure, a, b, orders)
    for order, values in zip(orders, null, strict=True):
        truth = [[similarity(x, y[order], measure) for y in b] for x in a]
        np.testing.assert_allclose(values, truth, rtol=1e-5, atol=1e-6)


def test_the_published_calibration_comes_out() -> None:
    """calibrated-similarity 0.1.1 with torch's orders of seed 0: score 0.5017117, p 1/201, threshold 0.1121871."""
    state = np.random.RandomState(1337)
    x = state.randn(100, 10)
    y = state.randn(100, 10) + x
    generator = torch.Generator().manual_seed(0)
    orders = [torch.randperm(100, generator=generator).numpy() for _ in range(200)]
    found, _ = null_of("cka", [x], [y], orders)
    assert found.p_values[0, 0] == pytest.approx(1 / 201)
    assert found.calibrated[0, 0] == pytest.approx(0.5017117, abs=1e-6)


def test_many_more_numbers_than_images_look_alike_and_are_told_to_be_chance() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 64, 4096))
    found, _ = null_of("cka", [x], [y], list(random_orders(64, 200, 0)))
    assert similarity(x, y, "cka") > 0.98
    assert found.calibrated[0, 0] == 0
    assert found.p_values[0, 0] > 0.05
    assert found.chance[0, 0] == pytest.approx(similarity(x, y, "cka"), abs=1e-3)


def test_p_values_of_independent_layers_are_as_often_small_as_they_say() -> None:
    """Of 200, more than 19 below .05 would come once in 200 times, were 10 expected."""
    rng = np.random.default_rng(3)
    small = 0
    for seed in range(200):
        a, b = rng.normal(size=(2, 24, 6))
        found, _ = null_of("cka_debiased", [a], [b], list(random_orders(24, 99, seed)))
        small += found.p_values[0, 0] <= 0.05
    assert 2 <= small <= 19


def test_the_best_of_many_unrelated_layers_is_no_discovery() -> None:
    """Uncorrected, the best of 30 is below .05 nearly always; corrected it seldom is."""
    rng = np.random.default_rng(4)
    plain = corrected = 0
    for seed in range(40):
        a, *b = rng.normal(size=(31, 24, 6))
        found, _ = null_of("cka_debiased", [a], b, list(random_orders(24, 99, seed)))
        plain += found.p_values.min() <= 0.05
        corrected += found.best_p[0] <= 0.05
    assert plain > 20
    assert corrected <= 6


def test_a_planted_layer_is_the_best_and_stays_so_after_the_search() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 8))
    b = [rng.normal(size=(60, 8)) for _ in range(12)]
    b[7] = x @ np.linalg.qr(rng.normal(size=(8, 8)))[0] + rng.normal(size=(60, 8))
    found, _ = null_of("cka_debiased", [x], b, list(random_orders(60, 199, 0)))
    assert found.best.tolist() == [7]
    assert found.best_p[0] == pytest.approx(1 / 200)
    assert (found.calibrated[0] > 0.1).tolist() == [number == 7 for number in range(12)]


def test_a_layer_that_never_varies_is_undefined_and_no_best() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(20, 4))
    found, _ = null_of(
        "cka_debiased", [x, np.ones((20, 4))], [np.ones((20, 3)), x], list(random_orders(20, 9, 0))
    )
    assert np.isnan(found.p_values).tolist() == [[True, False], [True, True]]
    assert found.best.tolist() == [1, -1]
    assert np.isnan(found.best_p).tolist() == [False, True]
