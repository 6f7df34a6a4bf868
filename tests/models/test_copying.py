"""Modules as people have them are taken: whatever they keep, however they are made, in every precision."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils import prune
from torchvision import transforms
from torchvision.models import resnet18

from featviz import attribute, feature_maps, record, wrap_model
from featviz.errors import BadInput
from featviz.models.isolated_rng import IsolatedRNG
from tests.toys import noise, seeded, wrapped


class Small(nn.Module):
    """A convolution and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).relu().mean((2, 3)))


class Frozen(Small):
    """Its `train` returns nothing, as where batch norms are frozen."""

    def train(self, mode: bool = True) -> None:  # type: ignore[override]
        super().train(mode)


class Keeping(Small):
    """Keeps what it computed, in an attribute and in a list."""

    def forward(self, x: Tensor) -> Tensor:
        self.last = self.conv(x)
        self.saved = [self.last, {"mean": self.last.mean()}]
        return self.head(self.last.relu().mean((2, 3)))


class Extra(Small):
    """Its state dict holds what is no tensor."""

    def get_extra_state(self) -> dict[str, int]:
        return {"version": 2}

    def set_extra_state(self, state: object) -> None:
        pass


def plain(kind: type[Small] = Small) -> nn.Module:
    with IsolatedRNG(0):
        network = kind()
    network.eval()
    return network


def kept() -> nn.Module:
    network = plain(Keeping)
    network(noise(1, 3, 16, 16))
    return network


def weight_normed() -> nn.Module:
    network = plain()
    with pytest.warns(FutureWarning):
        nn.utils.weight_norm(network.conv)
    return network


def spectral_normed() -> nn.Module:
    network = plain()
    nn.utils.spectral_norm(network.conv)
    network.eval()(noise(1, 3, 16, 16))
    return network


def pruned() -> nn.Module:
    network = plain()
    prune.l1_unstructured(network.conv, "weight", amount=0.5)
    return network


ODD = {
    "train returns nothing": lambda: plain(Frozen),
    "keeps an activation": kept,
    "old weight_norm": weight_normed,
    "old spectral_norm": spectral_normed,
    "pruned": pruned,
    "extra state": lambda: plain(Extra),
    "float64": lambda: plain().double(),
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_odd_modules_compute_what_they_do_outside(make) -> None:
    network, x = make(), noise(1, 3, 16, 16)
    dtype = next(network.parameters()).dtype
    expected = network(x.to(dtype)).detach()
    model = wrapped(network)
    torch.testing.assert_close(model.logits(x).double(), expected.double(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(record(model, x, "head")["head"], expected)
    leaf = x.to(dtype).requires_grad_()
    (gradient,) = torch.autograd.grad(network(leaf)[0, 2], leaf)
    found = attribute(model, x, "gradient", target=np.int64(2))
    np.testing.assert_allclose(found.raw, gradient[0].float(), rtol=1e-3, atol=1e-6)
    assert feature_maps(model, x, "conv").maps.shape == (8, 14, 14)
    assert len(model.fingerprint) == 64


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32_and_said(dtype: torch.dtype) -> None:
    network, x = plain(), noise(2, 3, 16, 16)
    model = wrapped(plain().to(dtype))
    expected = network.to(dtype).float()(x).detach()
    torch.testing.assert_close(model.logits(x), expected)
    assert "computed with in float32" in " ".join(model.notes)
    assert feature_maps(model, x[:1], "conv").maps.dtype == np.float32


def test_compiled_networks_are_seen_as_they_are() -> None:
    network, x = plain(), noise(1, 3, 16, 16)
    model = wrapped(torch.compile(network))
    assert [layer.name for layer in model.layers] == ["conv", "head"]
    assert "torch.compile" in model.notes[0]
    torch.testing.assert_close(model.logits(x), network(x).detach())


def test_a_network_of_one_channel_takes_the_usual_transform_of_mnist() -> None:
    usual = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    network = seeded(lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 26 * 26, 10)))
    model = wrap_model(network, name="mnist", transform=usual, input_size=28, input_channels=1)
    gray = Image.fromarray(np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8))
    x = model.preprocess(gray)
    assert torch.equal(x[0], usual(gray))
    torch.testing.assert_close(model.logits(x), network(usual(gray)[None]).detach())


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_gradients_are_computed_within_no_grad_too(context) -> None:
    model, x = wrapped(plain()), noise(1, 3, 16, 16)
    expected = attribute(model, x, "integrated_gradients", target=1).map
    with context():
        found = attribute(model, x.clone(), "integrated_gradients", target=1).map
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_what_is_no_network_for_images_is_refused() -> None:
    for wrong in ({"input_size": (32, 64)}, {"transform": None}, {"input_size": 0}, {"input_channels": "3"}):
        given: dict[str, Any] = {"name": "mine", "transform": lambda image: image, "input_size": 8, **wrong}
        with pytest.raises(BadInput, match=next(iter(wrong))):
            wrap_model(plain(), **given)


def test_a_resnet_with_frozen_batch_norms_is_taken() -> None:
    class FrozenResNet(type(resnet18())):  # type: ignore[misc]
        def train(self, mode: bool = True) -> None:
            super().train(mode)

    network = resnet18(num_classes=3)
    network.__class__ = FrozenResNet
    assert wrapped(network, size=32).predict(noise(1, 3, 32, 32))[0][0].probability > 0
