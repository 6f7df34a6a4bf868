"""The autoencoder as a method of projection: its gradients are torch's, and it follows what bends."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from featviz.representation.projection import Projection, project
from featviz.representation.projection.autoencoder import gradients, rebuild


def test_gradients_are_those_of_torch() -> None:
    random = np.random.default_rng(0)
    shapes = [(7, 5), (5,), (5, 2), (2,), (2, 5), (5,), (5, 7), (7,)]
    weights = [random.normal(size=shape) for shape in shapes]
    values = random.normal(size=(9, 7))
    w = [torch.tensor(each, requires_grad=True) for each in weights]
    x = torch.tensor(values)
    code = torch.tanh(x @ w[0] + w[1]) @ w[2] + w[3]
    rebuilt = torch.tanh(code @ w[4] + w[5]) @ w[6] + w[7]
    np.testing.assert_allclose(rebuild(weights, values), rebuilt.detach().numpy())
    expected = torch.autograd.grad((rebuilt - x).square().mean(), w)
    for ours, theirs in zip(gradients(weights, values), expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-8, atol=1e-12)


def test_a_bent_sheet_is_rebuilt_better_than_by_any_plane() -> None:
    u, v = np.random.default_rng(1).uniform(-1, 1, (2, 600))
    sheet = np.stack([np.sin(2.5 * u), np.cos(2.5 * u), v, u * v, u**2], 1).astype(np.float32)
    shares = project(sheet, "pca").about["explained_variance_ratio"]
    assert project(sheet, "autoencoder").about["error"] < 0.25 * (1 - sum(shares))


def test_digits_lie_closer_to_their_like_than_on_the_map_of_pca() -> None:
    vectors, labels = load_digits(return_X_y=True)
    accuracy = {
        method: cross_val_score(KNeighborsClassifier(10), project(vectors, method).points, labels).mean()
        for method in ("pca", "autoencoder")
    }
    assert accuracy["autoencoder"] > accuracy["pca"] + 0.05


@pytest.mark.parametrize("dimensions", [2, 3])
def test_seeds_make_maps_and_new_vectors_are_placed_by_the_encoder(dimensions: int) -> None:
    vectors = np.random.default_rng(2).normal(size=(80, 60)).astype(np.float32)
    options = {"dimensions": dimensions, "iterations": 100}
    one, same, other = (project(vectors, "autoencoder", seed=seed, **options) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.points, same.points)
    assert np.abs(one.points - other.points).max() > 0.1
    np.testing.assert_allclose(one.transform(vectors), one.points, atol=1e-4)
    again = Projection.from_bytes(one.to_bytes())
    np.testing.assert_allclose(again.transform(vectors[:5]), one.points[:5], atol=1e-4)
