"""Networks that differ by their seed alone: the layer at the same depth is the most similar one, or its neighbor."""

from itertools import combinations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import pil_to_tensor

from featviz import ImageSet, Model, compare, wrap_model
from featviz.models.isolated_rng import IsolatedRNG
from featviz.store.store import Store

WIDTHS, STRIDES = (16, 16, 16, 32, 32, 32, 64, 64, 64, 64), (1, 1, 1, 2, 1, 1, 2, 1, 1, 1)
HELD_OUT = 500


def transform(image: Image.Image) -> Tensor:
    return pil_to_tensor(image.convert("L").resize((16, 16))).float() / 255


def plain_network() -> nn.Sequential:
    layers: list[nn.Module] = []
    before = 1
    for width, stride in zip(WIDTHS, STRIDES, strict=True):
        layers += [nn.Conv2d(before, width, 3, stride, 1), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


def trained(seed: int, x: Tensor, y: Tensor) -> Model:
    with IsolatedRNG(seed):
        network = plain_network()
        optimizer = torch.optim.Adam(network.parameters(), 2e-3)
        for _ in range(5):
            for batch in torch.randperm(len(x)).split(64):
                loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return wrap_model(
        network.eval(), name=f"seed {seed}", transform=transform, input_size=16, input_channels=1
    )


@pytest.mark.long
def test_layers_of_five_seeds_find_their_depth_by_cka_and_neighbors_and_not_by_cca() -> None:
    digits = ImageSet.bundled("digits", 1797)
    x = torch.stack([transform(sample.image) for sample in digits])
    y = torch.tensor([digits.classes.index(sample.label or "") for sample in digits])
    networks = [trained(seed, x[HELD_OUT:], y[HELD_OUT:]) for seed in range(5)]
    images = digits.subset(range(400))
    layers = [str(3 * number) for number in range(10)]
    near = {}
    for measure in ("cka_debiased", "knn_jaccard", "mean_cca"):
        hits = []
        for a, b in combinations(networks, 2):
            values = compare(
                a,
                b,
                images,
                layers_a=layers,
                layers_b=layers,
                measure=measure,
                permutations=0,
                store=Store(None),
            ).values
            hits += [np.abs(each.argmax(1) - np.arange(10)) <= 1 for each in (values, values.T)]
        near[measure] = float(np.mean(hits))
    assert near["cka_debiased"] >= 0.8, near
    assert near["knn_jaccard"] >= 0.85, near
    assert near["mean_cca"] <= 0.35, near
