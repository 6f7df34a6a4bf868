"""Weights laid out once give the convolution's own numbers, and whatever cannot be trusted is not used."""

import threading
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from featviz.models.capture import recording
from featviz.models.execution import prepacked_weights
from featviz.models.execution.plan import ExecutionPlan
from featviz.models.execution.prepacked_weights import PrepackedWeights, UsePrepacked
from tests.toys import noise, seeded

GEOMETRIES = {
    "1x1": {"kernel_size": 1},
    "3x3": {"kernel_size": 3, "padding": 1},
    "no bias": {"kernel_size": 3, "padding": 1, "bias": False},
    "strided, a row unread": {"kernel_size": 3, "stride": 2, "padding": 1},
    "1x1, strided": {"kernel_size": 1, "stride": 2},
    "strided by three": {"kernel_size": 5, "stride": 3, "padding": 2},
    "oblong": {"kernel_size": (1, 7), "padding": (0, 3), "stride": (2, 1)},
    "dilated": {"kernel_size": 3, "padding": 2, "dilation": 2},
    "grouped": {"kernel_size": 3, "padding": 1, "groups": 4},
    "reflecting": {"kernel_size": 3, "padding": 1, "padding_mode": "reflect"},
}

FOUR = (
    "_reorder_convolution_weight",
    "_convolution_pointwise",
    "_reorder_convolution_transpose_weight",
    "_convolution_transpose_pointwise",
)


@pytest.fixture(autouse=True)
def _every_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones too."""
    monkeypatch.setattr(prepacked_weights, "_WEIGHTS", 1)


def last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def outcome(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """The output, and the gradient of a fixed sum of it for the input."""
    leaf = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    output = module(leaf)
    (found,) = torch.autograd.grad((output * noise(*output.shape, seed=3)).sum(), leaf)
    return output.detach(), found


def admitted(module: nn.Module) -> PrepackedWeights:
    layouts = PrepackedWeights()
    layouts.register(module.modules())
    return layouts


def assert_near(found: tuple[Tensor, ...], truth: tuple[Tensor, ...]) -> None:
    for one, other in zip(found, truth, strict=True):
        assert torch.linalg.vector_norm(one - other) <= 1e-5 * torch.linalg.vector_norm(other)
        assert one.shape == other.shape and other.any()


def convolution(**geometry: object) -> nn.Module:
    return seeded(lambda: nn.Conv2d(16, 24, **geometry)).requires_grad_(False)  # type: ignore[arg-type]


def used(module: nn.Module, x: Tensor) -> bool:
    return "_Convolution" in type(module(x.requires_grad_()).grad_fn).__name__


def trusted(layouts: PrepackedWeights) -> list[bool]:
    return [layout.trusted for layout in layouts._known.values()]


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_values_and_gradients_are_the_convolutions(geometry: dict[str, object]) -> None:
    module = convolution(**geometry)
    layouts = admitted(module)
    for size in ((1, 16, 9, 12), (3, 16, 14, 14), (1, 16, 9, 12)):  # another shape lays out anew
        x = last(noise(*size))
        truth = outcome(module, x)
        for _first_compared_then_trusted in range(2):
            with UsePrepacked(layouts):
                assert_near(outcome(module, x), truth)
        with UsePrepacked(layouts):
            assert used(module, x)
    assert trusted(layouts) == [True]


@pytest.mark.parametrize("operation", FOUR)
@pytest.mark.parametrize("fault", ["missing", "failing", "wrong"])
def test_what_is_missing_fails_or_is_wrong_is_not_used(
    operation: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = torch.ops.mkldnn
    names = [name for name in FOUR if fault != "missing" or name != operation]
    faulty = {name: getattr(true, name) for name in names}

    def fail(*_args: object) -> Tensor:
        raise RuntimeError("not on this processor")

    def wrong(weight: Tensor, *args: object) -> Tensor:
        return getattr(true, operation)(1.01 * weight, *args)

    if fault != "missing":
        faulty[operation] = fail if fault == "failing" else wrong
    monkeypatch.setattr(prepacked_weights, "MKLDNN", SimpleNamespace(**faulty))
    module, x = convolution(kernel_size=3, padding=1), last(noise(2, 16, 8, 8))
    layouts, truth = admitted(module), outcome(module, x)
    for _turn in range(2):
        with UsePrepacked(layouts):
            assert_near(outcome(module, x), truth)
    assert trusted(layouts) == [False]
    with UsePrepacked(layouts):
        assert not used(module, x)


class Doubled(nn.Module):
    """Reads its convolution's weight a second time, in other ways, and weights made in the pass."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(16, 16, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        once = self.conv(x)
        again = F.conv2d(once, self.conv.weight, None, (1, 1), (2, 2), (2, 2))
        turned = F.conv2d(again, self.conv.weight.transpose(0, 1), None, (1, 1), (1, 1))
        return F.conv2d(turned, 2 * self.conv.weight, None, (1, 1), (1, 1))


def test_one_weight_may_be_read_in_several_ways() -> None:
    module, x = seeded(Doubled).requires_grad_(False), last(noise(2, 16, 8, 8))
    layouts, truth = admitted(module), outcome(module, x)
    for _turn in range(3):
        with UsePrepacked(layouts):
            assert_near(outcome(module, x), truth)
    assert trusted(layouts) == [True]


@pytest.mark.parametrize(
    "kind", ["double", "not channels-last", "weights to train", "large maps", "autocast"]
)
def test_other_convolutions_are_left_alone(kind: str) -> None:
    module, x = convolution(kernel_size=1), last(noise(1, 16, 8, 8))
    layouts = admitted(module.double() if kind == "double" else module)
    if kind == "double":
        x = x.double()
    elif kind == "not channels-last":
        x = x.contiguous()
    elif kind == "weights to train":
        module.requires_grad_()
    elif kind == "large maps":
        x = last(noise(1, 16, 96, 96))
    with UsePrepacked(layouts), torch.autocast("cpu", enabled=kind == "autocast"):
        assert not used(module, x)


class Block(nn.Module):
    """Convolutions whose outputs are overwritten by ReLUs in place, and added up."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)
        self.norm, self.relu, self.head = nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        start = self.relu(self.first(x))
        end = self.norm(self.second(start))
        end += start
        return self.head(self.relu(end).mean((2, 3)))


@pytest.mark.parametrize("layer", ["first", "second", "relu", "norm"])
def test_hooks_see_what_they_saw(layer: str) -> None:
    module, x = seeded(Block).requires_grad_(False), noise(2, 3, 12, 12)
    plan = ExecutionPlan(module, x)
    replica = plan.replica([layer])
    with recording(replica, {layer: (layer, 0)}) as truth:
        replica(x)
    for _turn in range(2):
        with plan.use_prepacked(), recording(replica, {layer: (layer, 0)}) as found:
            replica(x)
        assert_near((found[layer],), (truth[layer],))
    assert trusted(plan.prepacked) and all(trusted(plan.prepacked))


def test_threads_with_other_shapes_share_one_plan() -> None:
    plan = ExecutionPlan(seeded(Block).requires_grad_(False), noise(1, 3, 12, 12))
    pictures = [noise(1 + turn % 3, 3, 10 + turn % 4, 12, seed=turn) for turn in range(8)]
    truths = [outcome(plan.replica(), x) for x in pictures]
    barrier, wrong = threading.Barrier(8), []

    def ask(number: int) -> None:
        barrier.wait()
        try:
            for turn in range(20):
                at = (number + turn) % 8
                with plan.use_prepacked(), plan.lease_replica() as replica:
                    assert_near(outcome(replica, pictures[at]), truths[at])
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and all(trusted(plan.prepacked))
