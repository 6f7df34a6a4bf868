"""captum's surrogates: its own numbers, the truth of an additive target, and nothing drawn from what is shared."""

import threading

import numpy as np
import pytest
import torch
from captum import attr
from captum._utils.models.linear_model import SkLearnLasso
from torch import Tensor, nn

from featviz.explain.attribution.attribute import attribute
from featviz.explain.targets.units import Channel, Difference, Logit, Neuron, Target
from featviz.models.isolated_rng import IsolatedRNG
from tests.explain.attribution.nets import double, net, picture, value
from tests.toys import hooks_left, noise, state_digest

METHODS = ("lime", "kernel_shap")
PICTURE, BEGIN = picture(), picture(seed=9)
CELLS = torch.arange(16).reshape(1, 1, 4, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
FEW = {"samples": 60, "cells": 4}


class Additive(nn.Module):
    """A weighted sum of pixels, each weight its cell's."""

    def forward(self, x: Tensor) -> Tensor:
        return (x * (CELLS - 7.0).to(x)).sum((1, 2, 3))[:, None]


def test_lime_is_captums() -> None:
    model = net("biased")
    span = float(abs(value(model, PICTURE, 3) - value(model, BEGIN, 3)))
    with IsolatedRNG(5):
        theirs = attr.Lime(model.replica(), SkLearnLasso(alpha=0.001 * span)).attribute(
            PICTURE, BEGIN, target=3, feature_mask=CELLS, n_samples=60
        )
    found = attribute(model, PICTURE, "lime", target=3, baseline=BEGIN, seed=5, **FEW).raw
    assert np.abs(found).max() > 0
    np.testing.assert_allclose(found, theirs[0, :1], rtol=1e-5, atol=1e-9)


def test_kernel_shap_is_captums() -> None:
    model = net("biased")
    with IsolatedRNG(5):
        theirs = attr.KernelShap(model.replica()).attribute(
            PICTURE, BEGIN, target=3, feature_mask=CELLS, n_samples=60
        )
    found = attribute(model, PICTURE, "kernel_shap", target=3, baseline=BEGIN, seed=5, **FEW).raw
    assert np.abs(found).max() > 0
    np.testing.assert_allclose(16 * found, theirs[0, :1], rtol=1e-4, atol=1e-7)  # pixels a cell


@pytest.mark.parametrize(
    ("method", "options", "share"), [("lime", {"penalty": 1e-6}, 1), ("kernel_shap", {}, 1 / 16)]
)
def test_of_an_additive_target_they_find_each_cells_part(
    method: str, options: dict[str, float], share: float
) -> None:
    """Exact Shapley values: what the cell adds when it shows the picture and not the baseline."""
    x, begin = noise(1, 1, 16, 16).double(), noise(1, 1, 16, 16, seed=1).double()
    found = attribute(
        double(Additive(), channels=1), x, method, target=0, baseline=begin, cells=4, samples=200, **options
    ).raw
    parts = ((x - begin) * (CELLS - 7.0)).reshape(4, 4, 4, 4).sum((1, 3))
    expected = share * parts.repeat_interleave(4, 0).repeat_interleave(4, 1)[None]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * share * float(parts.abs().max()))


def test_kernel_shap_values_sum_to_the_difference_from_the_baseline() -> None:
    model = net("transformer")
    found = attribute(model, PICTURE, "kernel_shap", target=2, baseline=BEGIN, cells=4, samples=200).raw
    difference = float(value(model, PICTURE, 2) - value(model, BEGIN, 2))
    assert found.sum() == pytest.approx(difference, rel=1e-3)


def test_cells_of_different_sizes_still_sum_to_the_difference() -> None:
    model = net("biased")
    found = attribute(model, PICTURE, "kernel_shap", target=2, baseline=BEGIN, cells=5, samples=200).raw
    difference = float(value(model, PICTURE, 2) - value(model, BEGIN, 2))
    assert found.sum() == pytest.approx(difference, rel=1e-3)


TARGETS: list[Target] = [Logit(1), Difference(0, 3), Channel("conv2", 5), Neuron("conv1", 2, 7, 0)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_any_target_is_explained_and_a_seed_gives_it_again(method: str, target: Target) -> None:
    model = net("biased")
    one, again, other = (
        attribute(model, PICTURE, method, target=target, baseline=BEGIN, seed=seed, **FEW).raw
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("method", METHODS)
def test_shared_generators_and_the_shared_network_stay_as_they_were(method: str) -> None:
    model = net("biased")
    before, state, numpy_state = (
        state_digest(model.module),
        torch.random.get_rng_state(),
        np.random.get_state()[1].tolist(),  # type: ignore[index, union-attr]
    )
    attribute(model, PICTURE, method, target=1, **FEW)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert np.random.get_state()[1].tolist() == numpy_state  # type: ignore[index, union-attr]
    assert state_digest(model.module) == before and hooks_left(model.module) == 0


def test_four_threads_answer_as_one() -> None:
    model = net("biased")
    asks = [(method, seed) for method in METHODS for seed in range(2)]

    def answer(method: str, seed: int) -> np.ndarray:  # type: ignore[type-arg]
        return attribute(model, PICTURE, method, target=1, seed=seed, **FEW).raw

    expected, barrier = {ask: answer(*ask) for ask in asks}, threading.Barrier(4)
    right: list[bool] = []

    def work(first: int) -> None:
        barrier.wait()
        for turn in range(8):
            ask = asks[(first + turn) % 4]
            right.append(np.array_equal(answer(*ask), expected[ask]))

    threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(right) == 32 and all(right)


def test_more_cells_than_pixels_are_pixels() -> None:
    x = noise(1, 1, 4, 4).double()
    found = attribute(double(nn.Flatten(), 4, 1), x, "lime", target=5, cells=32, samples=100)
    assert np.unravel_index(np.abs(found.map).argmax(), (4, 4)) == (1, 1)
