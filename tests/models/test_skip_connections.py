"""Skip connections are what the definitions of the networks say, and nothing else is taken for one."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model

from featviz.models.layer_settings import layer_settings
from featviz.models.networks.bundled import ShapesResNet, ShapesViT
from featviz.models.probing.passes import Passes
from featviz.models.skip_connections import SkipConnection


def skip_connections(module: nn.Module, x: Tensor) -> tuple[SkipConnection, ...]:
    return Passes(module.requires_grad_(requires_grad=False), x, repeat=False).first.skips


class Summing(nn.Module):
    """Two convolutions in turn, one beside them, and what a forward of one's own does with the two paths."""

    def __init__(self, combine: Callable[["Summing", Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second, self.beside = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
        self.combine = combine

    def forward(self, x: Tensor) -> Tensor:
        return self.combine(self, x)

    def longer(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).relu())


IDENTITY = SkipConnection(("first", "second"), ())
PROJECTION = SkipConnection(("first", "second"), ("beside",))
FORWARDS = [
    (lambda net, x: x + net.longer(x), [IDENTITY]),
    (lambda net, x: net.longer(x).add_(x), [IDENTITY]),
    (lambda net, x: net.longer(x) + net.beside(x), [PROJECTION]),
    (lambda net, x: net.first(x) + net.beside(x), []),
    (lambda net, x: torch.cat([net.longer(x), x], 1), []),
    (lambda net, x: net.longer(x) + 1, []),
    (lambda net, x: net.longer(x) + torch.ones_like(x), []),
    (lambda net, x: net.longer(x).detach() + x, []),
]


@pytest.mark.parametrize(("combine", "expected"), FORWARDS)
def test_a_sum_of_two_paths_is_one_where_one_path_is_shorter(
    combine: Callable[[Summing, Tensor], Tensor], expected: list[SkipConnection]
) -> None:
    assert list(skip_connections(Summing(combine), torch.zeros(1, 3, 8, 8))) == expected


@pytest.mark.parametrize(
    ("name", "count", "projections"),
    [("resnet18", 8, 3), ("vit_b_32", 24, 0), ("mobilenet_v3_small", 6, 0), ("densenet121", 0, 0)],
)
def test_networks_have_as_many_as_their_papers_say(name: str, count: int, projections: int) -> None:
    with torch.device("meta"):
        found = skip_connections(get_model(name, weights=None).eval(), torch.empty(1, 3, 224, 224))
    assert (len(found), sum(bool(each.projection) for each in found)) == (count, projections)


def test_what_lies_between_is_named() -> None:
    x = torch.zeros(1, 3, 64, 64)
    resnet, vit = (skip_connections(network().eval(), x) for network in (ShapesResNet, ShapesViT))
    layers = ("conv1", "bn1", "relu1", "conv2", "bn2")
    assert resnet[0] == SkipConnection(tuple(f"stage1.0.{layer}" for layer in layers), ())
    assert resnet[2].projection == ("stage2.0.shortcut.0", "stage2.0.shortcut.1", "stage2.0.shortcut")
    assert [each.bypassed[0] for each in vit[:2]] == ["blocks.0.norm1", "blocks.0.norm2"]


def test_a_module_that_runs_elsewhere_too_is_not_led_around() -> None:
    with torch.device("meta"):
        found = skip_connections(get_model("resnet18", weights=None).eval(), torch.empty(1, 3, 64, 64))
    assert found[0].bypassed == tuple(f"layer1.0.{name}" for name in ("conv1", "bn1", "conv2", "bn2"))


def test_the_network_keeps_no_hook_and_no_gradient() -> None:
    network = Summing(FORWARDS[0][0])
    skip_connections(network, torch.zeros(1, 3, 8, 8))
    assert all(not module._forward_hooks for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (nn.Conv2d(3, 8, 7, stride=2, padding=3), "kernel 7 × 7, stride 2, padding 3"),
        (nn.Conv2d(8, 8, (1, 3), padding=(0, 1)), "kernel 1 × 3, padding 0 × 1"),
        (nn.Conv2d(8, 8, 3, dilation=2, groups=8, padding="same"), "kernel 3 × 3, padding same, dilation 2, groups 8"),
        (nn.MaxPool2d(3, 2, 1), "kernel 3 × 3, stride 2, padding 1"),
        (nn.AdaptiveAvgPool2d(1), ""),
        (nn.Linear(3, 8), ""),
    ],
)  # fmt: skip
def test_settings_say_what_is_not_at_its_least(module: nn.Module, told: str) -> None:
    assert layer_settings(module) == told
