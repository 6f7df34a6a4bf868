"""An execution replica computes what the network computes, folds only where nothing else reads, and is private."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from featviz.errors import LayerNotFound
from featviz.models.capture import recording
from featviz.models.execution.plan import ExecutionPlan
from featviz.models.replication import replicate
from featviz.models.sources import torchvision as zoo
from featviz.models.sources.load import load_model
from tests.toys import Attending, InPlace, noise, seeded, state_digest, wrapped

FOLDED = {  # how many batch norms of how many follow a convolution and are run
    "resnet18": (20, 20),
    "resnext50_32x4d": (53, 53),
    "efficientnet_b0": (49, 49),
    "mobilenet_v2": (52, 52),
    "mobilenet_v3_small": (34, 34),
    "densenet121": (59, 121),
    "inception_v3": (94, 96),
    "googlenet": (57, 59),
    "mnasnet0_5": (52, 52),
    "shufflenet_v2_x0_5": (56, 56),
    "regnet_y_400mf": (53, 53),
    "vgg11_bn": (8, 8),
    "squeezenet1_1": (0, 0),
    "alexnet": (0, 0),
}
SMALLEST_SIDE = {"inception_v3": 75, "alexnet": 64}


def stirred(module: nn.Module) -> nn.Module:
    """In float64, with batch norms that do something: fresh ones scale by one and shift by nothing."""
    generator = torch.Generator().manual_seed(1)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for tensor in (norm.weight, norm.running_var):
                if tensor is not None:
                    tensor.data.uniform_(0.5, 1.5, generator=generator)
            for tensor in (norm.bias, norm.running_mean):
                if tensor is not None:
                    tensor.data.normal_(0, 0.1, generator=generator)
    return module.double().eval().requires_grad_(False)


def outcome(replica: nn.Module, x: Tensor, layers: list[str]) -> dict[str, Tensor]:
    """The output, the gradient with respect to the input, and what layers output on their first call."""
    x = x.clone().requires_grad_()
    with recording(replica, {name: (name, 0) for name in layers}, detach=False, stop=False) as recorded:
        output = replica(x)
    probe = noise(*output.shape, seed=2).double()
    (gradient,) = torch.autograd.grad((output * probe).sum(), x)
    found = {"the output": output, "the gradient": gradient, **recorded}
    return {name: tensor.detach() for name, tensor in found.items()}


def assert_same(found: dict[str, Tensor], truth: dict[str, Tensor]) -> None:
    assert list(found) == list(truth)
    for name, tensor in truth.items():
        scale = float(tensor.abs().max())
        torch.testing.assert_close(
            found[name], tensor, rtol=0, atol=1e-9 * scale, msg=lambda m, n=name: f"{n}: {m}"
        )


def norms(module: nn.Module) -> int:
    return sum(isinstance(child, nn.BatchNorm2d) for child in module.modules())


@pytest.mark.parametrize("architecture", FOLDED)
def test_the_zoo_computes_the_same(architecture: str) -> None:
    module = zoo.build_seeded(architecture, 0)
    if architecture in ("alexnet", "vgg11_bn"):
        del module.classifier[:]  # a gigabyte of fully connected layers
    module = stirred(module)
    side = SMALLEST_SIDE.get(architecture, 48)
    x = noise(2, 3, side, side).double()
    plan, before = ExecutionPlan(module, x[:1]), state_digest(module)
    assert (len(plan.folded), norms(module)) == FOLDED[architecture]
    keep = [name for pair in list(plan.folded.items())[::7] for name in pair]
    replica = plan.replica(keep)
    assert norms(replica) == norms(module) - len(plan.folded) + len(keep) // 2
    assert_same(outcome(replica, x, keep), outcome(replicate(module), x, keep))
    assert state_digest(module) == before


@pytest.mark.parametrize("name", ["shapes-resnet", "digits-cnn", "shapes-vit"])
def test_bundled_networks_compute_the_same(name: str) -> None:
    model = load_model(name)
    module, x = stirred(replicate(model.module)), noise(2, 3, model.input_size, model.input_size).double()
    plan = ExecutionPlan(module, x[:1])
    assert len(plan.folded) == norms(module)
    assert_same(outcome(plan.replica(), x, []), outcome(replicate(module), x, []))


def test_a_model_lends_execution_replicas() -> None:
    model = load_model("shapes-resnet")
    before, x = state_digest(model.module), noise(1, 3, 64, 64)
    replica = model.execution_replica()
    assert norms(replica) < norms(model.module)
    torch.testing.assert_close(replica(x), model.replica()(x), rtol=1e-4, atol=1e-4)
    assert model.execution is model.execution
    assert state_digest(model.module) == before


CONV = partial(nn.Conv2d, 4, 4, 3, padding=1)
NORM = partial(nn.BatchNorm2d, 4)


class Toy(nn.Module):
    """A convolution with its batch norm, and a way to run them."""

    def __init__(
        self,
        run: Callable[["Toy", Tensor], Tensor],
        conv: Callable[[], nn.Module] = CONV,
        norm: Callable[[], nn.Module] = NORM,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.conv, self.norm = conv(), norm()
        self.pair = nn.Sequential(nn.Conv2d(4, 4, 3, groups=2, bias=False), nn.BatchNorm2d(4))
        self.again, self.relu, self.same = nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Identity()
        self.plain_list = [self.norm]
        self.run = run
        self.held: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        return self.pair(self.run(self, self.stem(x))).mean((2, 3))

    def hold(self, x: Tensor) -> Tensor:
        self.held = [x]
        return x


def twice_normed(net: Toy, x: Tensor) -> Tensor:
    y = net.conv(x)
    return net.norm(y) + net.again(y)


def alias_read(net: Toy, x: Tensor) -> Tensor:
    y = net.conv(x)
    alias = y.data
    return net.norm(y) + alias


TRAPS: dict[str, Callable[[], Toy]] = {
    "output added elsewhere": lambda: Toy(lambda net, x: net.norm(y := net.conv(x)) + y),
    "output concatenated elsewhere": lambda: Toy(
        lambda net, x: torch.cat([net.norm(y := net.conv(x)), y], 1)[:, 2:6]
    ),
    "an alias of the output read": lambda: Toy(alias_read),
    "a view normed": lambda: Toy(lambda net, x: net.norm(net.conv(x)[:, [1, 0, 2, 3]])),
    "a half of it normed": lambda: Toy(lambda net, x: net.norm(net.conv(x)[:, :, ::2])),
    "overwritten before the norm": lambda: Toy(lambda net, x: net.norm(net.relu(net.conv(x)))),
    "two norms read it": lambda: Toy(twice_normed),
    "held for later": lambda: Toy(lambda net, x: net.norm(net.hold(net.conv(x)))),
    "convolution called twice": lambda: Toy(lambda net, x: net.norm(net.conv(net.conv(x)))),
    "norm called twice": lambda: Toy(lambda net, x: net.norm(F.relu(net.norm(net.conv(x))))),
    "norm shared": lambda: Toy(lambda net, x: net.norm(net.conv(x)) + net.norm(x)),
    "weight read elsewhere": lambda: Toy(
        lambda net, x: net.norm(net.conv(x)) + F.conv2d(x, net.conv.weight, padding=1)
    ),
    "norm's shift read elsewhere": lambda: Toy(lambda net, x: net.norm(net.conv(x)) + net.norm.bias.sum()),
    "no running statistics": lambda: Toy(
        lambda net, x: net.norm(net.conv(x)), norm=partial(nn.BatchNorm2d, 4, track_running_stats=False)
    ),
    "transposed": lambda: Toy(
        lambda net, x: net.norm(net.conv(x)), conv=partial(nn.ConvTranspose2d, 4, 4, 3)
    ),
    "weight-normed": lambda: Toy(
        lambda net, x: net.norm(net.conv(x)),
        conv=lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 3)),
    ),
    "hooked": lambda: Toy(lambda net, x: net.norm(net.conv(x)), conv=doubling),
}
FOLDABLE: dict[str, Callable[[], Toy]] = {
    "with bias": lambda: Toy(lambda net, x: net.norm(net.conv(x))),
    "grouped, strided, reflecting": lambda: Toy(
        lambda net, x: net.norm(net.conv(x)),
        conv=partial(nn.Conv2d, 4, 4, 3, stride=2, padding=2, groups=4, padding_mode="reflect"),
    ),
    "without affine": lambda: Toy(
        lambda net, x: net.norm(net.conv(x)), norm=partial(nn.BatchNorm2d, 4, affine=False)
    ),
    "in-place after": lambda: Toy(lambda net, x: net.relu(net.norm(net.conv(x))) + x),
    "handed on by an identity": lambda: Toy(lambda net, x: net.norm(net.same(net.conv(x)))),
    "called from a plain list": lambda: Toy(lambda net, x: net.plain_list[0](net.conv(x))),
    "read with view": lambda: Toy(lambda net, x: net.norm(net.conv(x)).view(len(x), -1).view_as(x)),
}


def doubling() -> nn.Module:
    conv = nn.Conv2d(4, 4, 3)
    conv.register_forward_hook(lambda _m, _i, output: output * 2)
    return conv


def planned(make: Callable[[], nn.Module]) -> tuple[nn.Module, ExecutionPlan, Tensor]:
    module, x = stirred(seeded(make)), noise(2, 3, 12, 12).double()
    return module, ExecutionPlan(module, x[:1]), x


@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_read_otherwise_is_not_folded(trap: str) -> None:
    module, plan, x = planned(TRAPS[trap])
    assert plan.folded == {"pair.0": "pair.1"}
    assert_same(outcome(plan.replica(), x, []), outcome(replicate(module), x, []))


@pytest.mark.parametrize("case", FOLDABLE)
def test_what_nothing_else_reads_is_folded(case: str) -> None:
    module, plan, x = planned(FOLDABLE[case])
    before = state_digest(module)
    assert plan.folded == {"conv": "norm", "pair.0": "pair.1"}
    replica = plan.replica()
    assert norms(replica) == norms(module) - 2
    assert_same(outcome(replica, x, []), outcome(replicate(module), x, []))
    assert state_digest(module) == before


@pytest.mark.parametrize("kept", ["conv", "norm", "same", "conv:0"])
def test_a_kept_layer_outputs_what_the_network_would(kept: str) -> None:
    module, plan, x = planned(FOLDABLE["handed on by an identity"])
    replica, layer = plan.replica([kept]), kept.partition(":")[0]
    assert isinstance(replica.norm, nn.BatchNorm2d)
    assert isinstance(replica.pair[1], nn.Identity)
    assert_same(outcome(replica, x, [layer]), outcome(replicate(module), x, [layer]))


def test_a_layer_to_keep_must_exist() -> None:
    _module, plan, _x = planned(FOLDABLE["with bias"])
    with pytest.raises(LayerNotFound, match="'nothing'"):
        plan.replica(["nothing"])


class Refusing(nn.Module):
    """Takes no picture."""

    def forward(self, x: Tensor) -> Tensor:
        raise OSError("not today")


class Unsteady(nn.Module):
    """Outputs something else on every call."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.calls = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), [0]

    def forward(self, x: Tensor) -> Tensor:
        self.calls[0] += 1
        return self.norm(self.conv(x)).mean((2, 3)) * self.calls[0]

    def __deepcopy__(self, memo: dict[int, object]) -> "Unsteady":
        return self


@pytest.mark.parametrize("make", [InPlace, Attending])
def test_networks_without_batch_norm_compute_the_same(make: Callable[[], nn.Module]) -> None:
    module, plan, x = planned(make)
    assert plan.folded == {}
    assert_same(outcome(plan.replica(), x, []), outcome(replicate(module), x, []))


def test_a_network_that_cannot_be_probed_or_checked_is_replicated_as_it_is() -> None:
    assert planned(Refusing)[1].folded == {}
    assert planned(Unsteady)[1].folded == {}


def test_replicas_share_folded_weights_and_never_the_flags() -> None:
    module, plan, _x = planned(FOLDABLE["with bias"])
    first, second = plan.replica(), plan.replica()
    assert first.conv.weight.data_ptr() == second.conv.weight.data_ptr() != module.conv.weight.data_ptr()
    assert plan.replica(["conv"]).conv.weight.data_ptr() == module.conv.weight.data_ptr()
    assert first.conv.weight.is_contiguous(memory_format=torch.channels_last)
    first.conv.weight.requires_grad_()
    first.conv.register_forward_hook(lambda *_: None)
    assert not second.conv.weight.requires_grad
    assert not second.conv._forward_hooks
    assert not any(parameter.requires_grad for parameter in plan.replica().parameters())


def test_eight_threads_at_once() -> None:
    model = wrapped(stirred(seeded(FOLDABLE["in-place after"])), size=12)
    x = noise(1, 3, 12, 12).double()
    truth = {name: outcome(model.replica(), x, [name]) for name in ("conv", "norm", "pair.0", "pair.1")}
    barrier, wrong = threading.Barrier(8), []

    def ask(thread: int) -> None:
        barrier.wait()
        try:
            for turn in range(20):
                name = list(truth)[(thread + turn) % 4]
                assert_same(outcome(model.execution_replica(keep=[name]), x, [name]), truth[name])
        except BaseException as error:
            wrong.append(error)

    before = state_digest(model.module)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert state_digest(model.module) == before


def test_a_borrowed_replica_is_lent_again_to_whoever_keeps_the_same() -> None:
    plan = ExecutionPlan(stirred(seeded(InPlace)), noise(1, 3, 16, 16).double())
    with plan.lease_replica() as first, plan.lease_replica() as second:
        assert first is not second
    with plan.lease_replica() as again:
        assert again in (first, second)
    with plan.lease_replica(pool_early=True) as other:
        assert other is not first and other is not second


def test_a_replica_that_failed_is_not_lent_again() -> None:
    plan, lent = ExecutionPlan(stirred(seeded(InPlace)), noise(1, 3, 16, 16).double()), []

    def fail() -> None:
        with plan.lease_replica() as replica:
            lent.append(replica)
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail()
    with plan.lease_replica() as fresh:
        assert fresh is not lent[0]


def test_few_idle_replicas_are_kept() -> None:
    module = stirred(seeded(InPlace))
    plan = ExecutionPlan(module, noise(1, 3, 16, 16).double())
    names = [name for name, _child in module.named_children()]
    lent = []
    for name in [*names, *names]:
        with plan.lease_replica([name]) as replica:
            lent.append(replica)
    assert len(plan._replicas) <= 4
