"""A max pooling may come before its ReLU only where nobody can tell."""

import pytest
import torch
from torch import Tensor, nn

from featviz.models.capture import recording
from featviz.models.execution.plan import ExecutionPlan
from featviz.models.replication import replicate
from featviz.models.sources import torchvision as zoo
from tests.toys import noise, seeded

POOLS = {  # the ReLUs that only a max pooling reads, in networks of the zoo
    "resnet18": {"relu": "maxpool"},
    "squeezenet1_1": {"features.1": "features.2"},
    "vgg11": {"features.1": "features.2", "features.4": "features.5", "features.9": "features.10"},
    "efficientnet_b0": {},
}


def double(module: nn.Module) -> nn.Module:
    return module.double().eval().requires_grad_(False)


def outcome(replica: nn.Module, x: Tensor, layers: list[str]) -> list[Tensor]:
    """The output, the gradient for the input, and what layers output."""
    x = x.clone().requires_grad_()
    with recording(replica, {name: (name, 0) for name in layers}, detach=False, stop=False) as recorded:
        output = replica(x)
    (gradient,) = torch.autograd.grad((output * noise(*output.shape, seed=2).double()).sum(), x)
    return [output, gradient, *recorded.values()]


@pytest.mark.parametrize("architecture", POOLS)
def test_the_zoo_computes_the_same(architecture: str) -> None:
    module = zoo.build_seeded(architecture, 0)
    if architecture == "vgg11":
        del module.classifier[:]  # half a gigabyte of fully connected layers
    module, x = double(module), noise(2, 3, 64, 64).double()
    plan = ExecutionPlan(module, x[:1])
    found = plan.pools_first
    assert POOLS[architecture].items() <= found.items()
    assert bool(found) == bool(POOLS[architecture])
    for kept in ([], list(found)[:1], list(found.values())[:1]):
        truth = outcome(replicate(module), x, kept)
        torch.testing.assert_close(outcome(plan.replica(kept, pool_early=True), x, kept), truth)
    assert not any(isinstance(plan.replica().get_submodule(pool), nn.Sequential) for pool in found.values())


class Stem(nn.Module):
    """A convolution, a ReLU and a max pooling, and somebody else who may read the ReLU's output."""

    def __init__(self, reader: str = "nobody", *, inplace: bool = True) -> None:
        super().__init__()
        self.conv, self.relu, self.pool = nn.Conv2d(3, 4, 3), nn.ReLU(inplace), nn.MaxPool2d(3, 2, 1)
        self.reader = reader

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.conv(x))
        pooled = self.pool(x)
        if self.reader == "a sum":
            pooled = pooled + x.mean()
        elif self.reader == "the pooling again":
            pooled = pooled + self.pool(x)
        elif self.reader == "the ReLU again":
            pooled = self.relu(pooled - 0.1)
        elif self.reader == "a holder":
            self.held = x
        elif self.reader == "a view":
            pooled = self.pool(x.flip(-1))
        return pooled if self.reader != "the caller" else torch.cat([pooled.flatten(1), x.flatten(1)], 1)


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    "reader",
    ["a sum", "the pooling again", "the ReLU again", "a holder", "a view", "the caller"],
)
def test_whoever_else_reads_keeps_the_order(reader: str, inplace: bool) -> None:
    module, x = double(seeded(lambda: Stem(reader, inplace=inplace))), noise(2, 3, 16, 16).double()
    plan = ExecutionPlan(module, x[:1])
    assert plan.pools_first == {}
    torch.testing.assert_close(
        outcome(plan.replica(pool_early=True), x, []), outcome(replicate(module), x, [])
    )


@pytest.mark.parametrize("inplace", [False, True])
def test_a_pooling_alone_comes_first(inplace: bool) -> None:
    module, x = double(seeded(lambda: Stem(inplace=inplace))), noise(2, 3, 16, 16).double()
    plan = ExecutionPlan(module, x[:1])
    assert plan.pools_first == {"relu": "pool"}
    assert isinstance(plan.replica(pool_early=True).relu, nn.Identity)
    assert isinstance(plan.replica(["relu"], pool_early=True).relu, nn.ReLU)
    torch.testing.assert_close(
        outcome(plan.replica(pool_early=True), x, []), outcome(replicate(module), x, [])
    )


def test_a_hooked_relu_keeps_its_place() -> None:
    module = double(seeded(Stem))
    module.relu.register_forward_hook(lambda _m, _i, output: output * 2)
    assert ExecutionPlan(module, noise(1, 3, 16, 16).double()).pools_first == {}
