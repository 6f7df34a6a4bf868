"""Every method on every family of networks: a finite map of the picture's size, or a refusal that is true."""

import numpy as np
import pytest
import torch

from featviz.errors import BadInput
from featviz.explain.attribution.attribute import steps
from featviz.explain.attribution.registry import METHODS
from featviz.models.model import Model
from featviz.models.sources.load import load_model

NO_ATTENTION = {"rollout": "computes no attention", "attention_relevance": "computes no attention"}
NO_RELU = {"guided_backprop": "no ReLU", "guided_grad_cam": "no ReLU"}
TRANSFORMER = {**NO_RELU, "lrp": "layer_norm", "deep_lift": "layer_norm"}
REFUSALS = {
    "shapes-resnet": NO_ATTENTION,
    "shapes-vit": TRANSFORMER,
    "torchvision/resnet18": NO_ATTENTION,
    "torchvision/vgg11": NO_ATTENTION,
    "torchvision/efficientnet_b0": {**NO_ATTENTION, **NO_RELU, "lrp": "silu", "deep_lift": "mul"},
    "torchvision/vit_b_32": TRANSFORMER,
    "torchvision/swin_t": {
        **TRANSFORMER,
        "rollout": "within windows",
        "attention_relevance": "within windows",
    },
}
SIDES = {
    "torchvision/vgg11": 64,
    "torchvision/resnet18": 64,
    "torchvision/efficientnet_b0": 64,
    "torchvision/swin_t": 64,
}
SMALL = {
    "samples": 4,
    "steps": 2,
    "masks": 8,
    "window": 32,
    "stride": 32,
    "cells": 2,
}
"""Options that make each method short, where it has them."""


@pytest.fixture(scope="module", params=REFUSALS)
def model(request: pytest.FixtureRequest) -> Model:
    name = request.param
    return load_model(name, weights=None) if name.startswith("torchvision") else load_model(name)


def picture(model: Model) -> torch.Tensor:
    side = SIDES.get(model.name, model.input_size)
    return torch.randn((1, 3, side, side), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("method", [each.id for each in METHODS])
def test_a_map_or_a_true_refusal(model: Model, method: str) -> None:
    x, expected = picture(model), REFUSALS[model.name].get(method)
    options = {each.name: SMALL[each.name] for each in METHODS[method].parameters if each.name in SMALL}
    if expected is not None:
        with pytest.raises(BadInput, match=expected):
            next(steps(model, x, method, target=1, **options))
        return
    work = steps(model, x, method, target=1, **options)
    first = next(work).result
    assert first.map.shape == x.shape[2:]
    assert np.isfinite(first.map).all()
    getattr(work, "close", lambda: None)()
