"""DeepLIFT: the same numbers as captum where that is right, and right where it is not."""

import warnings

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.explain.attribution.attribute import attribute
from tests.explain.attribution.nets import Biased, Residual, Transformer, double, net, picture, value
from tests.toys import InPlace, noise, seeded, wrapped

BEGIN = picture(seed=9)


class Pooled(nn.Module):
    """Biases and max pooling, not beside a ReLU: there captum loses its rule for pooling, and completeness."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.relu1, self.conv2 = nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3)
        self.pool, self.hidden = nn.MaxPool2d(2), nn.Linear(8 * 49, 12)
        self.relu2, self.head = nn.ReLU(inplace=True), nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.conv2(self.relu1(self.conv1(x))))
        return self.head(self.relu2(self.hidden(x.flatten(1))))


class Smooth(nn.Module):
    """Nonlinearities that captum knows, each a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.tanh = nn.Conv2d(3, 6, 3, padding=1), nn.Tanh()
        self.conv2, self.softplus = nn.Conv2d(6, 6, 3), nn.Softplus()
        self.head, self.sigmoid = nn.Linear(6, 5), nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return self.sigmoid(self.head(self.softplus(self.conv2(self.tanh(self.conv1(x)))).mean((2, 3))))


@pytest.mark.parametrize("make", [Pooled, Residual, Smooth])
def test_captum(make: type[nn.Module]) -> None:
    model = double(seeded(make))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = attr.DeepLift(model.replica()).attribute(picture(), BEGIN, target=3)
    found = attribute(model, picture(), "deep_lift", target=3, baseline=BEGIN).raw
    assert np.abs(found).max() > 0
    np.testing.assert_allclose(found, theirs[0].detach(), rtol=1e-5, atol=1e-12)


class Awkward(nn.Module):
    """What captum refuses or gets wrong: a module used twice, functions, work in place, overlapping pools, GELU."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 6, 3, padding=1)
        self.relu, self.head = nn.ReLU(inplace=True), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.relu(self.conv1(x)), 3, 2, 1)
        y = nn.functional.gelu(self.conv2(x))
        y += x
        return 2 * self.head(self.relu(y).sigmoid().mean((2, 3))).relu()


@pytest.mark.parametrize("make", [Awkward, InPlace, Biased])
@pytest.mark.parametrize("target", [0, 3])
def test_it_sums_to_the_difference_from_the_baseline(make: type[nn.Module], target: int) -> None:
    model = double(seeded(make))
    found = attribute(model, picture(), "deep_lift", target=target, baseline=BEGIN).raw
    difference = float(value(model, picture(), target) - value(model, BEGIN, target))
    assert found.sum(dtype=np.float64) == pytest.approx(difference, rel=1e-5, abs=1e-9)


def test_by_hand() -> None:
    """f = 3 ReLU(2 a - b - 1) rises by 9 from z = -1 to z = 3: a share of 9 / 4 for each unit of z."""
    layer = nn.Conv2d(1, 1, (1, 2), stride=2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[[2.0, -1.0]]]]))
        layer.bias.fill_(-1)  # type: ignore[union-attr]
    pixels = torch.tensor([[[[3.0, 2.0], [0.0, 0.0]]]], dtype=torch.float64)
    module = nn.Sequential(layer, nn.ReLU(), nn.Flatten(), nn.Linear(1, 1, bias=False))
    nn.init.constant_(module[3].weight, 3)
    found = attribute(double(module, 2, 1), pixels, "deep_lift", target=0, baseline=torch.zeros_like(pixels))
    np.testing.assert_allclose(found.raw, [[[6 * 9 / 4, -2 * 9 / 4], [0, 0]]], rtol=1e-6)


def test_several_baselines_are_averaged() -> None:
    model, begins = net("biased"), torch.cat([BEGIN, picture(seed=8)])
    each = [attribute(model, picture(), "deep_lift", target=1, baseline=begin).raw for begin in begins]
    found = attribute(model, picture(), "deep_lift", target=1, baseline=begins).raw
    np.testing.assert_allclose(found, (each[0] + each[1]) / 2, rtol=1e-5, atol=1e-9)


def test_the_baseline_itself_is_no_difference() -> None:
    assert not attribute(net("biased"), picture(), "deep_lift", target=1, baseline=picture()).map.any()


def test_products_are_refused() -> None:
    with pytest.raises(BadInput, match=r"no rule for .*integrated_gradients") as refusal:
        attribute(wrapped(seeded(Transformer)), noise(1, 3, 16, 16), "deep_lift", target=1)
    assert refusal.value.code == "deep_lift"
