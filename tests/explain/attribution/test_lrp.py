"""Relevance by hand, its conservation, the same numbers as zennit, and networks that have to be refused."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision
from numpy.typing import NDArray
from torch import Tensor, nn
from zennit.canonizers import CompositeCanonizer, SequentialMergeBatchNorm
from zennit.composites import EpsilonPlus, EpsilonPlusFlat
from zennit.core import Composite
from zennit.layer import Sum
from zennit.torchvision import ResNetBasicBlockCanonizer

from featviz.errors import BadInput
from featviz.explain.attribution.attribute import attribute
from featviz.explain.attribution.lrp import lrp
from featviz.explain.targets.units import Channel, Difference, Logit, Neuron, Target
from featviz.models.model import Model
from tests.explain.attribution.nets import Biased, Residual, Transformer, double, layer_output, picture
from tests.toys import InPlace, noise, seeded, wrapped


def hand_made(layer: nn.Module, weight: list[float], bias: float, behind: float) -> Model:
    """One layer that makes one number of four pixels, then a ReLU, then times `behind`."""
    head = nn.Linear(1, 1, bias=False)
    module = nn.Sequential(layer, nn.ReLU(), nn.Flatten(), head)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight).reshape(layer.weight.shape))  # type: ignore[operator, union-attr, arg-type]
        layer.bias.fill_(bias)  # type: ignore[operator, union-attr]
        head.weight.fill_(behind)
    if isinstance(layer, nn.Linear):
        module.insert(0, nn.Flatten())
    return double(module, size=2, channels=1)


PIXELS = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]], dtype=torch.float64)


def test_a_convolution_by_hand() -> None:
    """z = 1 - 2 + 6 + 4 + 1 = 10 and f = 3 z; what is positive adds up to 12, of which the bias has 1."""
    model = hand_made(nn.Conv2d(1, 1, 2), [1, -1, 2, 1], bias=1, behind=3)
    found = attribute(model, PIXELS, "lrp", target=0, epsilon=1e-12).raw
    np.testing.assert_allclose(found, [[[2.5, 0], [15, 10]]], rtol=1e-6)
    flat = attribute(model, PIXELS, "lrp", target=0, epsilon=1e-12, first="flat").raw
    np.testing.assert_allclose(flat, [[[7.5, 7.5], [7.5, 7.5]]], rtol=1e-6)


def test_a_dense_layer_by_hand() -> None:
    """The same numbers by the epsilon rule: shares of z = 10 itself, with their sign; epsilon takes a part."""
    model = hand_made(nn.Linear(4, 1), [1, -1, 2, 1], bias=1, behind=3)
    found = attribute(model, PIXELS, "lrp", target=0, epsilon=1e-12).raw
    np.testing.assert_allclose(found, [[[3, -6], [18, 12]]], rtol=1e-6)
    less = attribute(model, PIXELS, "lrp", target=0, epsilon=1.0).raw
    np.testing.assert_allclose(less, found * (10 / 11) * (30 / 31), rtol=1e-6)


def without_biases(make: Callable[[], nn.Module]) -> Model:
    module = seeded(make)
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
    return double(module)


CONSERVED: list[Target] = [Logit(2), Difference(0, 3), Channel("conv2", 1), Neuron("conv1", 2, 7, 0)]


@pytest.mark.parametrize("target", CONSERVED, ids=str)
@pytest.mark.parametrize("first", ["zplus", "flat"])
@pytest.mark.parametrize("make", [Biased, InPlace])
def test_without_biases_relevance_sums_to_the_target(
    make: type[nn.Module], first: str, target: Target
) -> None:
    model = without_biases(make)
    found = attribute(model, picture(), "lrp", target=target, epsilon=1e-12, first=first)
    assert found.raw.sum(dtype=np.float64) == pytest.approx(value_of(model, picture(), target), rel=1e-4)


def value_of(model: Model, x: Tensor, target: Target) -> float:
    logits = model.module(x)[0]
    if isinstance(target, Logit):
        return float(logits[target.index])
    if isinstance(target, Difference):
        return float(logits[target.index] - logits[target.other])
    maps = layer_output(model, x, target.layer)[0, target.channel]
    return float(maps.mean() if isinstance(target, Channel) else maps[target.y, target.x])


class Canonical(nn.Module):
    """`Residual` in the form that zennit needs: its sum and its mean are modules."""

    def __init__(self, net: Residual) -> None:
        super().__init__()
        self.conv1, self.bn1, self.relu1 = net.conv1, net.bn1, net.relu1
        self.conv2, self.bn2, self.relu2 = net.conv2, net.bn2, net.relu2
        self.add, self.pool, self.head = Sum(), nn.AdaptiveAvgPool2d(1), net.head

    def forward(self, x: Tensor) -> Tensor:
        first = self.relu1(self.bn1(self.conv1(x)))
        both = torch.stack([self.bn2(self.conv2(first)), first], -1)
        return self.head(self.pool(self.relu2(self.add(both))).flatten(1))


class Merge(SequentialMergeBatchNorm):
    """zennit leaves the merged batch norm's `eps` in place, by which its network is another one by 5e-6."""

    def register(self, linears: object, batch_norm: nn.BatchNorm2d) -> None:
        super().register(linears, batch_norm)
        batch_norm.eps = 0


def zennit(module: nn.Module, x: Tensor, composite: Composite) -> NDArray[np.float64]:
    leaf = x.clone().requires_grad_()
    with composite.context(module) as changed:
        output = changed(leaf)
        beginning = torch.zeros_like(output)
        beginning[0, 3] = output[0, 3].detach()
        (found,) = torch.autograd.grad(output, leaf, beginning)
    return found[0].detach().numpy()


def spread(module: nn.Module) -> nn.Module:
    """Batch norms with statistics of their own."""
    for number, norm in enumerate(each for each in module.modules() if isinstance(each, nn.BatchNorm2d)):
        width, parameters = norm.num_features, (norm.bias, norm.weight, norm.running_mean, norm.running_var)
        for k, tensor in enumerate(parameters):
            drawn = 0.2 * noise(width, seed=4 * number + k)
            tensor.data.copy_(drawn if k % 2 == 0 else 1 + drawn.abs())  # type: ignore[union-attr]
    return module


def resnet() -> nn.Module:
    return spread(torchvision.models.resnet18(num_classes=10))


def vgg() -> nn.Module:
    """torchvision's own layers, of a few widths."""
    widths = torchvision.models.vgg.make_layers([32, "M", 64, 64, "M", 128, "M"], batch_norm=True)
    return spread(
        nn.Sequential(widths, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(512, 32), nn.ReLU(), nn.Linear(32, 9))
    )


def canonical_residual() -> nn.Module:
    return Canonical(Residual())


PEERS: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module], int]] = {
    "biased": (Biased, Biased, 16),
    "residual": (Residual, canonical_residual, 16),
    "resnet18": (resnet, resnet, 48),
    "vgg": (vgg, vgg, 32),
}


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("first", ["zplus", "flat"])
@pytest.mark.parametrize("epsilon", [1e-6, 1e-2])
def test_zennit(name: str, first: str, epsilon: float) -> None:
    make, peer, size = PEERS[name]
    model, x = wrapped(seeded(make).double(), size), picture(size=size)
    kind = EpsilonPlusFlat if first == "flat" else EpsilonPlus
    canonizer = CompositeCanonizer([Merge(), ResNetBasicBlockCanonizer()])
    composite = kind(epsilon=epsilon, stabilizer=epsilon, canonizers=[canonizer])
    theirs = zennit(seeded(peer).double(), x, composite)
    mine = lrp(model, x, Logit(3), epsilon=epsilon, first=first).numpy()  # type: ignore[arg-type]
    assert np.abs(theirs).max() > 0
    np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7 * np.abs(theirs).max())


class Written(nn.Module):
    """`InPlace` once more, by functions and without working in place."""

    def __init__(self, net: InPlace) -> None:
        super().__init__()
        self.conv1, self.conv2, self.head = net.conv1, net.conv2, net.head

    def forward(self, x: Tensor) -> Tensor:
        first = torch.relu(self.conv1(x))
        return self.head(nn.functional.adaptive_avg_pool2d((self.conv2(first) + first).relu(), 1).flatten(1))


def test_reused_modules_and_work_in_place_change_nothing() -> None:
    net = seeded(InPlace)
    assert isinstance(net, InPlace)
    one, two = (attribute(double(each), picture(), "lrp", target=1).raw for each in (net, Written(net)))
    np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-9)


class Product(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x).relu()
        return (maps * maps.mean((2, 3), keepdim=True)).mean((2, 3))


def ending(*between: nn.Module) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Conv2d(3, 4, 3), *between, nn.Flatten(), nn.Linear(4 * 14 * 14, 5))


REFUSED = {
    "layer_norm|softmax|scaled": Transformer,
    "mul": Product,
    "silu": ending(nn.SiLU()),
    "silu ": ending(nn.SiLU(inplace=True)),
    "gelu": ending(nn.GELU()),
    "batch norm without a convolution": ending(nn.ReLU(), nn.BatchNorm2d(4)),
    "batch norm without a convolution before it": ending(nn.ReLU(inplace=True), nn.BatchNorm2d(4)),
}


@pytest.mark.parametrize("operation", REFUSED)
def test_what_has_no_rule_is_refused(operation: str) -> None:
    model = wrapped(seeded(REFUSED[operation]))
    with pytest.raises(
        BadInput, match=f"no rule for .*({operation.strip()}).*integrated_gradients"
    ) as refusal:
        attribute(model, noise(1, 3, 16, 16), "lrp", target=1)
    assert refusal.value.code == "lrp"
    assert attribute(model, noise(1, 3, 16, 16), "integrated_gradients", target=1, steps=2).varies


def test_only_what_leads_to_the_target_needs_a_rule() -> None:
    found = attribute(wrapped(seeded(ending(nn.SiLU()))), noise(1, 3, 16, 16), "lrp", target=Channel("0", 1))
    assert found.varies


def test_a_blind_spot_gets_nothing() -> None:
    """Where no kernel reaches, there is no relevance, in either first layer."""
    model = wrapped(
        seeded(lambda: nn.Sequential(nn.Conv2d(3, 5, 2, stride=4), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    )
    for first in ("zplus", "flat"):
        found = attribute(model, noise(1, 3, 16, 16), "lrp", target=1, first=first).raw
        assert not found[:, 2::4].any() and not found[:, :, 3::4].any() and found[:, ::4, ::4].any()
