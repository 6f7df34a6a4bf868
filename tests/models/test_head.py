"""A head's units are told apart only where one unit makes one output and nothing else's; and then exactly."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from featviz.models import zoo
from featviz.models.execution import ExecutionPlan
from featviz.models.head import find_head
from featviz.models.loading import load_model
from featviz.models.replication import replicate
from tests.toys import noise, seeded, state_digest

HEADS = {
    "squeezenet1_1": "classifier.1",
    "resnet18": "fc",
    "efficientnet_b0": "classifier.1",
    "densenet121": "classifier",
    "vit_b_32": "heads.head",
    "swin_t": "head",
}


@pytest.mark.parametrize("architecture", HEADS)
def test_the_zoo_gives_the_same_outputs_and_gradients(architecture: str) -> None:
    module = zoo.build_seeded(architecture, 0).double().eval()
    if architecture == "vit_b_32":  # torchvision begins its head with zeros
        nn.init.normal_(module.heads.head.weight, generator=torch.Generator().manual_seed(0))
    side = 224 if architecture == "vit_b_32" else 64
    x, before = noise(2, 3, side, side).double(), state_digest(module)
    head = find_head(replicate(module), x[:1])
    assert head is not None
    assert (head.name, head.units) == (HEADS[architecture], 1000)
    plan = ExecutionPlan(module, x[:1])
    assert plan.separates([999, 3])
    alone = slopes(plan.replica(outputs=[999, 3]), x, [0, 1])
    for found, true in zip(alone, slopes(replicate(module), x, [999, 3]), strict=True):
        torch.testing.assert_close(found, true, rtol=1e-8, atol=1e-8 * float(true.abs().max()))
    assert state_digest(module) == before


def slopes(network: nn.Module, x: Tensor, outputs: list[int]) -> tuple[Tensor, Tensor]:
    """Two outputs, and the gradient of the one less half the other."""
    leaf = x.clone().requires_grad_()
    values = network(leaf)[:, outputs]
    (found,) = torch.autograd.grad((values[:, 0] - values[:, 1] / 2).sum(), leaf)
    return values.detach(), found


@pytest.mark.parametrize("name", ["shapes-resnet", "shapes-vit", "digits-cnn"])
def test_bundled_networks_have_a_head(name: str) -> None:
    model = load_model(name)
    assert model.execution.separates([0, len(model.classes) - 1])


class Toy(nn.Module):
    """A convolution to four maps, and what becomes of them."""

    def __init__(self, finish: Callable[["Toy", Tensor], Tensor]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.last, self.other, self.linear = nn.Conv2d(4, 6, 1), nn.Conv2d(4, 6, 1), nn.Linear(6, 6)
        self.grouped = nn.Conv2d(4, 6, 1, groups=2)
        self.norm, self.square = nn.BatchNorm2d(6), nn.Linear(6, 6)
        self.finish = finish

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(self, self.stem(x).relu())


def frozen(finish: Callable[[Toy, Tensor], Tensor]) -> nn.Module:
    return seeded(partial(Toy, finish)).requires_grad_(requires_grad=False)


def averaged(net: Toy, x: Tensor) -> Tensor:
    return net.last(x).relu().mean((2, 3))


def flattened(net: Toy, x: Tensor) -> Tensor:
    return torch.flatten(F.adaptive_avg_pool2d(F.relu(net.last(x)), 1), 1)


def fully_connected(net: Toy, x: Tensor) -> Tensor:
    return net.linear(net.last(x).mean((2, 3)))


@pytest.mark.parametrize("finish", [averaged, flattened, fully_connected])
def test_units_that_are_outputs_are_told_apart_at_any_size(finish: Callable[[Toy, Tensor], Tensor]) -> None:
    module = frozen(finish)
    plan = ExecutionPlan(module, noise(1, 3, 8, 8))
    x = noise(3, 3, 12, 10)
    torch.testing.assert_close(plan.replica(outputs=[4, 1])(x), module(x)[:, [4, 1]])


APART: dict[str, Callable[[Toy, Tensor], Tensor]] = {
    "a softmax over classes": lambda net, x: averaged(net, x).softmax(1),
    "logarithms of one": lambda net, x: averaged(net, x).log_softmax(1),
    "a softmax too sharp to show": lambda net, x: (averaged(net, x) * 1e6).softmax(1),
    "two heads added": lambda net, x: (net.last(x) + net.other(x)).mean((2, 3)),
    "a head called twice": lambda net, x: net.linear(net.linear(net.last(x).mean((2, 3)))),
    "another layer's output": lambda net, x: (net.last(x).mean((2, 3)), net.other(x))[0],
    "places that become classes": lambda net, x: net.last(F.adaptive_avg_pool2d(x, 1)).flatten(1),
    "one axis averaged": lambda net, x: net.last(F.adaptive_avg_pool2d(x, 1)).mean(2).flatten(1),
    "channels averaged": lambda net, x: net.last(x).mean(1).mean(1),
    "channels turned round": lambda net, x: averaged(net, x).flip(1),
    "a functional layer behind": lambda net, x: F.linear(averaged(net, x), net.square.weight),
    "classes that are counted": lambda net, x: averaged(net, x).view(-1, net.last.out_channels),
    "a head of two groups": lambda net, x: net.grouped(x).mean((2, 3)),
    "maps": lambda net, x: net.last(x),
}


@pytest.mark.parametrize("what", APART)
def test_what_mixes_or_moves_units_is_left_whole(what: str) -> None:
    module = frozen(APART[what])
    plan = ExecutionPlan(module, noise(1, 3, 8, 8))
    assert find_head(replicate(module), noise(1, 3, 8, 8)) is None
    assert not plan.separates([0])


def test_a_network_that_counts_its_classes_still_folds_its_batch_norms() -> None:
    def counted(net: Toy, x: Tensor) -> Tensor:
        return net.linear(net.norm(net.last(x)).mean((2, 3))).view(-1, net.linear.out_features)

    module = frozen(counted)
    assert ExecutionPlan(module, noise(1, 3, 8, 8)).folded == {"last": "norm"}


def test_a_head_with_a_hook_is_left_whole() -> None:
    module = frozen(fully_connected)
    module.linear.register_forward_hook(lambda _m, _i, output: output.flip(1))
    assert find_head(module, noise(1, 3, 8, 8)) is None


@pytest.mark.parametrize("kept", ["classifier", "classifier.1", "classifier.2", "classifier.3:0", ""])
def test_a_layer_that_shows_the_head_is_kept_whole(kept: str) -> None:
    plan = ExecutionPlan(zoo.build_seeded("squeezenet1_1", 0).eval(), noise(1, 3, 64, 64))
    assert plan.separates([7], ["features", "classifier.0"])
    assert not plan.separates([7], [kept])


@pytest.mark.parametrize("outputs", [[], [-1], [80], [True], [1.0], ["1"], [None], [0, 80]])
def test_only_outputs_that_there_are_can_be_had_alone(outputs: list[int]) -> None:
    assert not load_model("shapes-resnet").execution.separates(outputs)


def test_narrowed_heads_are_not_held() -> None:
    wide = nn.Sequential(nn.Conv2d(3, 40_000, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    wide.requires_grad_(requires_grad=False)
    plan = ExecutionPlan(wide, noise(1, 3, 2, 2))
    held = len(plan.layouts._known)
    for _ in range(3):
        plan.replica(outputs=list(range(20_000)))
    assert len(plan.layouts._known) == held


def test_replicas_with_other_outputs_are_not_mixed_up() -> None:
    model = load_model("shapes-resnet")
    x = noise(2, 3, 64, 64)
    expected = model.replica()(x)
    borrowed = partial(model.execution.borrowed, pool_early=True)
    for _ in range(2):
        for outputs in ([3], [5], [5, 3], []):
            with borrowed(outputs=outputs) as replica:
                found = replica(x)
            torch.testing.assert_close(found, expected[:, outputs or slice(None)], rtol=1e-4, atol=1e-4)
