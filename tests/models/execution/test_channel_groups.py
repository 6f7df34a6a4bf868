"""Units are told apart only where one unit of one layer makes one of the output's and nothing else; then exactly."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from featviz.errors import LayerNotFound
from featviz.models.capture import recording
from featviz.models.execution.channel_groups import GroupMember, find_channel_group
from featviz.models.execution.channel_slicing import slice_output_channels
from featviz.models.execution.plan import ExecutionPlan
from featviz.models.replication import replicate
from featviz.models.sources import torchvision as zoo
from featviz.models.sources.load import load_model
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
    makers = find_channel_group(replicate(module), x[:1])
    assert makers is not None
    assert makers.members == (GroupMember(HEADS[architecture], 1000),)
    plan = ExecutionPlan(module, x[:1])
    assert plan.can_slice([999, 3])
    alone = slopes(plan.replica(channels=[999, 3]), x, [0, 1])
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
    assert model.execution.can_slice([0, len(model.classes) - 1])


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


def not_the_last_layer(net: Toy, x: Tensor) -> Tensor:
    return (net.last(x).mean((2, 3)), net.other(x))[0]


@pytest.mark.parametrize("finish", [averaged, flattened, fully_connected, not_the_last_layer])
def test_units_that_are_outputs_are_told_apart_at_any_size(finish: Callable[[Toy, Tensor], Tensor]) -> None:
    module = frozen(finish)
    plan = ExecutionPlan(module, noise(1, 3, 8, 8))
    x = noise(3, 3, 12, 10)
    torch.testing.assert_close(plan.replica(channels=[4, 1])(x), module(x)[:, [4, 1]])


APART: dict[str, Callable[[Toy, Tensor], Tensor]] = {
    "a softmax over classes": lambda net, x: averaged(net, x).softmax(1),
    "logarithms of one": lambda net, x: averaged(net, x).log_softmax(1),
    "a softmax too sharp to show": lambda net, x: (averaged(net, x) * 1e6).softmax(1),
    "two heads added": lambda net, x: (net.last(x) + net.other(x)).mean((2, 3)),
    "a head called twice": lambda net, x: net.linear(net.linear(net.last(x).mean((2, 3)))),
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
    assert find_channel_group(replicate(module), noise(1, 3, 8, 8)) is None
    assert not plan.can_slice([0])


def test_a_network_that_counts_its_classes_still_folds_its_batch_norms() -> None:
    def counted(net: Toy, x: Tensor) -> Tensor:
        return net.linear(net.norm(net.last(x)).mean((2, 3))).view(-1, net.linear.out_features)

    module = frozen(counted)
    assert ExecutionPlan(module, noise(1, 3, 8, 8)).folded == {"last": "norm"}


def test_a_head_with_a_hook_is_left_whole() -> None:
    module = frozen(fully_connected)
    module.linear.register_forward_hook(lambda _m, _i, output: output.flip(1))
    assert find_channel_group(module, noise(1, 3, 8, 8)) is None


@pytest.mark.parametrize("kept", ["classifier", "classifier.1", "classifier.2", "classifier.3:0", ""])
def test_a_layer_that_shows_the_head_is_kept_whole(kept: str) -> None:
    plan = ExecutionPlan(zoo.build_seeded("squeezenet1_1", 0).eval(), noise(1, 3, 64, 64))
    assert plan.can_slice([7], ["features", "classifier.0"])
    assert not plan.can_slice([7], [kept])


@pytest.mark.parametrize("outputs", [[], [-1], [80], [True], [1.0], ["1"], [None], [0, 80]])
def test_only_outputs_that_there_are_can_be_had_alone(outputs: list[int]) -> None:
    assert not load_model("shapes-resnet").execution.can_slice(outputs)


def test_narrowed_heads_are_not_held() -> None:
    wide = nn.Sequential(nn.Conv2d(3, 40_000, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    wide.requires_grad_(requires_grad=False)
    plan = ExecutionPlan(wide, noise(1, 3, 2, 2))
    held = len(plan.prepacked._known)
    for _ in range(3):
        plan.replica(channels=list(range(20_000)))
    assert len(plan.prepacked._known) == held


def test_replicas_with_other_outputs_are_not_mixed_up() -> None:
    model = load_model("shapes-resnet")
    x = noise(2, 3, 64, 64)
    expected = model.replica()(x)
    lease_replica = partial(model.execution.lease_replica, pool_early=True)
    for _ in range(2):
        for units in ([3], [5], [5, 3], []):
            with lease_replica(channels=units) as replica:
                found = replica(x)
            torch.testing.assert_close(found, expected[:, units or slice(None)], rtol=1e-4, atol=1e-4)


LAYERS = {
    "squeezenet1_1": (
        "features.6",
        "features.5",
        "features.4.expand3x3_activation",
        "features.2",
        "features.0",
    ),
    "googlenet": ("inception3a", "maxpool4", "conv2", "inception4a.branch1.conv"),
    "resnet18": ("layer2.0.relu:0", "layer2.1.conv1", "layer2.0.downsample"),
    "vgg11": ("features.2", "features.7", "classifier.1"),
    "mobilenet_v2": ("features.1", "features.18"),
}


@pytest.mark.parametrize(
    ("architecture", "layer"), [(n, layer) for n, all_ in LAYERS.items() for layer in all_]
)
def test_channels_of_a_layer_and_their_gradients_are_the_same_without_the_others(
    architecture: str, layer: str
) -> None:
    module = zoo.build_seeded(architecture, 0).double().eval()
    x = noise(2, 3, 64, 64).double()
    plan, site = ExecutionPlan(module, x[:1]), located(layer)
    whole = seen(replicate(module), x, site)
    channels = sorted({0, 1, whole[0].shape[1] // 3, whole[0].shape[1] - 1})
    assert plan.can_slice(channels, [layer], "{}:{}".format(*site))
    replica = plan.replica([layer], pool_early=True, channels=channels, layer="{}:{}".format(*site))
    alone = seen(replica, x, site)
    torch.testing.assert_close(alone[0], whole[0][:, channels])
    for n, channel in enumerate(channels):
        torch.testing.assert_close(slope(*alone, n), slope(*whole, channel), rtol=1e-6, atol=1e-12)


def located(layer: str) -> tuple[str, int]:
    """The module, and which of its calls."""
    name, _, call = layer.partition(":")
    return name, int(call or 0)


def seen(network: nn.Module, x: Tensor, site: tuple[str, int]) -> tuple[Tensor, Tensor]:
    """A layer's output, and the batch it was made of."""
    leaf = x.clone().requires_grad_()
    with recording(network, {"": site}, detach=False) as outputs:
        network(leaf.clone())
    return outputs[""], leaf


def slope(output: Tensor, leaf: Tensor, channel: int) -> Tensor:
    """The gradient of a channel's square."""
    found = torch.autograd.grad(output[:, channel].square().sum(), leaf, retain_graph=True)
    return found[0]


def test_a_branch_of_which_nothing_is_read_computes_nothing() -> None:
    module = zoo.build_seeded("squeezenet1_1", 0).eval()
    plan = ExecutionPlan(module, noise(1, 3, 64, 64))
    assert plan.can_slice([5, 7], [], "features.6:0")
    fire = plan.replica(channels=[5, 7], layer="features.6:0").get_submodule("features.6")
    x = noise(2, 128, 9, 7)
    assert [p.shape for p in fire.expand1x1.parameters()] == [(2, 32, 1, 1), (2,)]
    assert not list(fire.expand3x3.parameters())
    assert fire(x).shape == (2, 2, 9, 7)


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": (3, 5), "stride": (2, 1), "padding": (0, 2), "dilation": (1, 2)},
        {"kernel_size": 3, "padding": "same"},
        {"kernel_size": 4, "padding": "valid"},
        {"kernel_size": 3, "padding": 1, "padding_mode": "reflect"},
    ],
    ids=str,
)
def test_no_maps_are_as_high_and_wide_as_the_layers_own(settings: dict[str, Any]) -> None:
    layer, x = nn.Conv2d(3, 4, **settings), noise(2, 3, 17, 20)
    assert slice_output_channels(layer, [])(x).shape == (2, 0, *layer(x).shape[2:])


class Joined(nn.Module):
    """Two convolutions, and what is made of them in a layer."""

    def __init__(self, join: Callable[["Joined", Tensor], Tensor]) -> None:
        super().__init__()
        self.one, self.two, self.depthwise = (
            nn.Conv2d(3, 4, 1),
            nn.Conv2d(3, 4, 3, padding=1),
            nn.Conv2d(4, 4, 1, groups=4),
        )
        self.three = nn.Conv2d(4, 4, 1)
        self.join, self.layer = join, nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.join(self, x)).mean((2, 3))


def one_by_one(net: Joined, x: Tensor) -> Tensor:
    return torch.cat([net.two(x).relu(), F.max_pool2d(net.one(x), 3, 1, 1)], 1)


TOGETHER: dict[str, Callable[[Joined, Tensor], Tensor]] = {
    "a sum": lambda net, x: net.one(x) + net.two(x),
    "one shown twice": lambda net, x: torch.cat([one := net.one(x), one.relu()], 1),
    "one read by the other": lambda net, x: torch.cat([one := net.one(x), net.three(one)], 1),
    "one of another kind": lambda net, x: torch.cat([net.one(x), x], 1),
    "rows behind each other": lambda net, x: torch.cat([net.one(x), net.two(x)], 2),
    "one weighed by the other": lambda net, x: net.one(x) * net.two(x).mean((2, 3), keepdim=True),
    "depthwise": lambda net, x: net.depthwise(net.one(x)),
    "half of the channels": lambda net, x: net.one(x)[:, :2],
    "channels turned round": lambda net, x: net.one(x).flip(1),
    "channels shuffled in place": lambda net, x: (one := net.one(x)).copy_(one.flip(1)),
    "one written over": lambda net, x: net.one(x).add_(net.two(x)),
    "a softmax over channels": lambda net, x: net.one(x).softmax(1),
    "maps that are not square": lambda net, x: F.max_pool2d(net.one(x), (2, 1)),
    "called twice": lambda net, x: torch.cat([net.one(x), net.one(x.flip(2))], 1),
}


def test_branches_in_any_order_are_told_apart() -> None:
    module = seeded(partial(Joined, one_by_one)).requires_grad_(requires_grad=False)
    plan = ExecutionPlan(module, noise(1, 3, 8, 8))
    assert plan.can_slice([1, 6], [], "layer:0")
    assert not plan.can_slice([6, 1], [], "layer:0"), "units of parts come in their order"
    x = noise(2, 3, 10, 12)
    found, _leaf = seen(plan.replica(channels=[1, 6], layer="layer:0"), x, ("layer", 0))
    expected, _leaf = seen(module, x, ("layer", 0))
    torch.testing.assert_close(found, expected[:, [1, 6]])


@pytest.mark.parametrize("what", TOGETHER)
def test_a_layer_that_mixes_channels_is_left_whole(what: str) -> None:
    module = seeded(partial(Joined, TOGETHER[what])).requires_grad_(requires_grad=False)
    assert not ExecutionPlan(module, noise(1, 3, 8, 8)).can_slice([0], [], "layer:0")


@pytest.mark.parametrize("kept", ["features.6", "features.6.expand1x1", "features.6.expand3x3_activation"])
def test_a_layer_whose_parts_are_read_too_is_left_whole(kept: str) -> None:
    plan = ExecutionPlan(zoo.build_seeded("squeezenet1_1", 0).eval(), noise(1, 3, 64, 64))
    assert plan.can_slice([7], ["features.5", "features.6.squeeze"], "features.6:0")
    assert plan.can_slice([7], [kept], "features.6:0") == (kept == "features.6")


def test_layers_that_there_are_not_are_refused() -> None:
    with pytest.raises(LayerNotFound, match="nothing"):
        load_model("shapes-resnet").execution.can_slice([0], [], "nothing:0")
