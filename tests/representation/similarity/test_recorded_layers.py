"""Layers of a network whose ReLU is one module, called twice and in place: where outputs kept by reference go wrong."""

from itertools import combinations

import pytest
import torch
from torchvision.models import resnet18
from torchvision.transforms import ToTensor

from featviz import record, similarity, wrap_model


def test_a_residual_blocks_layers_are_as_alike_as_double_precision_says() -> None:
    """A library that keeps references tells relu and bn2 as 1.0000, and the second call's ReLU for the first's."""
    torch.manual_seed(0)
    model = wrap_model(resnet18(weights=None), name="resnet18", transform=ToTensor(), input_size=64)
    noise = torch.randn(64, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    layers = [f"layer1.0.{name}" for name in ("bn1", "relu:0", "relu:1", "bn2")]
    features = {name: values.flatten(1).numpy() for name, values in record(model, noise, layers).items()}
    found = [similarity(features[a], features[b], "cka_debiased") for a, b in combinations(layers, 2)]
    assert found == pytest.approx([0.8408, 0.7182, 0.7301, 0.7961, 0.8748, 0.8563], abs=1e-4)
