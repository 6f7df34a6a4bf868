"""Attribution on replicas that execute fast computes what the plain network does."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from featviz.explain.attribution import cost
from featviz.explain.attribution.activation_gradients import activation_gradients
from featviz.explain.attribution.attribute import METHODS, attribute
from featviz.explain.targets.score import TargetScore, batch_size_for, batches
from featviz.explain.targets.units import Channel, Logit
from featviz.models.execution.input_gradient import FastInputGradient, use_fast_input_gradient
from featviz.models.execution.plan import ExecutionPlan
from featviz.models.model import Model
from featviz.models.replication import replicate
from tests.explain.attribution.nets import Residual, double, layer_output, net, picture
from tests.toys import noise, seeded, wrapped


def planned(name: str) -> Model:
    """A network in float64 whose batch norms are folded; a probe in float32 would plan nothing for it."""
    model = net(name)
    model.__dict__["execution"] = ExecutionPlan(model.module, picture())
    return model


def plain(model: Model) -> Model:
    """The same network, nothing folded."""
    other = net("residual")
    assert not other.execution.folded and model.execution.folded
    return other


METHODS_COMPARED = [
    "gradient",
    "integrated_gradients",
    "guided_backprop",
    "occlusion",
    "grad_cam",
    "layer_cam",
]


@pytest.mark.parametrize("method", METHODS_COMPARED)
@pytest.mark.parametrize("target", [Logit(3), Channel("relu2", 2)], ids=str)
def test_folding_changes_no_number(method: str, target: Logit | Channel) -> None:
    model = planned("residual")
    options = {"window": 4, "stride": 4} if method == "occlusion" else {}
    fast, slow = (
        attribute(each, picture(), method, target=target, **options).raw for each in (model, plain(model))
    )
    assert np.abs(slow).max() > 0
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("layer", ["conv1", "bn1", "relu1", "conv2", "bn2"])
def test_what_a_layer_says_is_its_own(layer: str) -> None:
    model = planned("residual")
    found = activation_gradients(model, picture(), Logit(1), layer)
    torch.testing.assert_close(found.activations, layer_output(model, picture(), layer)[0])


def test_a_pass_that_records_nothing_is_folded_whatever_another_recorded() -> None:
    scores, x = TargetScore(planned("residual"), Logit(0)), picture()
    recorded = scores.run(x, {"norm": ("bn1", 0)}).layers["norm"]
    torch.testing.assert_close(recorded, layer_output(scores.model, x, "bn1"))
    met: list[object] = []

    class Watch(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            met.append(func)
            return func(*args, **(kwargs or {}))

    with Watch():
        scores(x)
    assert nn.functional.conv2d in met and nn.functional.batch_norm not in met


@pytest.mark.parametrize(
    ("channels", "kernel", "stride", "padding", "size"),
    [
        (3, 7, 2, 3, (32, 29)),
        (3, 3, 2, 0, (16, 17)),
        (1, 5, 3, 2, (17, 23)),
        (3, 4, 4, 0, (19, 16)),
        (3, 3, 1, 1, (9, 8)),
        (3, 1, 2, 0, (9, 8)),
        (2, (3, 5), 2, (0, 2), (19, 18)),
        (4, 2, 3, 0, (10, 11)),
    ],
    ids=str,
)
def test_the_quick_way_back_is_the_way_back(
    channels: int, kernel: int, stride: int, padding: int, size: tuple[int, int]
) -> None:
    convolution = nn.Conv2d(channels, 6, kernel, stride, padding).double().requires_grad_(False)
    x = noise(2, channels, *size).double().requires_grad_()
    usual = convolution(x)
    slopes = noise(*usual.shape, seed=1).double()
    with FastInputGradient():
        quick = convolution(x)
    assert "Convolution" in type(quick.grad_fn).__name__ and quick.grad_fn != usual.grad_fn
    assert torch.equal(quick, usual)
    (expected,) = torch.autograd.grad(usual, x, slopes)
    torch.testing.assert_close(torch.autograd.grad(quick, x, slopes)[0], expected)


def test_a_replica_goes_back_to_the_picture_the_quicker_way_without_a_mode() -> None:
    module, x = seeded(Residual).double().requires_grad_(requires_grad=False), picture().requires_grad_()
    replica = replicate(module)
    use_fast_input_gradient(replica)
    kinds = {type(part).__name__ for part in replica.modules()} - {
        type(part).__name__ for part in module.modules()
    }
    assert kinds == {"_ImageConvolution"}
    usual, quick = module(x), replica(x)
    torch.testing.assert_close(quick, usual, rtol=0, atol=0)
    found, true = (torch.autograd.grad(output.square().sum(), x)[0] for output in (quick, usual))
    torch.testing.assert_close(found, true)


def test_convolutions_with_weights_to_train_keep_their_gradients() -> None:
    convolution, x = nn.Conv2d(3, 4, 3, 2), noise(1, 3, 9, 9).requires_grad_()
    with FastInputGradient():
        (found,) = torch.autograd.grad(convolution(x).sum(), convolution.weight)
    assert found.abs().sum() > 0


@pytest.mark.parametrize(("count", "size"), [(1, 8), (25, 8), (50, 8), (16, 16), (17, 16), (7, 1)])
def test_batches_are_even_and_cover_all_work(count: int, size: int) -> None:
    cut = list(batches(count, size))
    lengths = [length for _, length in cut]
    assert [place for start, length in cut for place in range(start, start + length)] == list(range(count))
    assert max(lengths) <= size and max(lengths) - min(lengths) <= 1


def test_larger_pictures_go_fewer_at_once() -> None:
    sizes = [batch_size_for(torch.empty(1, 3, side, side)) for side in (16, 64, 224, 448, 4096)]
    assert sizes == [16, 16, 8, 2, 1]


class Counting(nn.Module):
    """Counts the pictures that a network is given, over all replicas."""

    seen = 0

    def __init__(self) -> None:
        super().__init__()
        self.inner = Residual()

    def forward(self, x: Tensor) -> Tensor:
        Counting.seen += len(x)
        return self.inner(x)


FEW = {
    "rise": {"masks": 8},
    "expected_gradients": {"samples": 5},
    "smoothgrad": {"samples": 5},
    "integrated_gradients": {"steps": 5},
    "occlusion": {"window": 8, "stride": 8},
}
COUNTED = {
    **dict.fromkeys(
        ("gradient", "input_x_gradient", "guided_backprop", "smoothgrad", "expected_gradients"), 3
    ),
    **dict.fromkeys(("integrated_gradients", "grad_cam", "grad_cam_plus_plus", "layer_cam"), 3),
    **dict.fromkeys(("guided_grad_cam",), 3),
    **dict.fromkeys(("occlusion", "rise"), 1),
}


@pytest.mark.parametrize("method", COUNTED)
def test_a_method_runs_the_network_as_often_as_declared(method: str) -> None:
    model, x = wrapped(seeded(Counting)), noise(1, 3, 16, 16)
    options, _ready = FEW.get(method, {}), (model.execution, model.layers, model.fingerprint)
    declared = cost.estimate(model, x, method, target=Logit(1), **options).passes
    Counting.seen = 0
    attribute(model, x, method, target=1, **options)
    assert declared == COUNTED[method] * Counting.seen
    assert method in METHODS


def test_the_time_of_a_pass_is_measured_once() -> None:
    model = wrapped(seeded(Counting))
    first = cost.estimate(model, noise(1, 3, 16, 16), "gradient", target=Logit(0))
    Counting.seen = 0
    again = cost.estimate(model, noise(1, 3, 16, 16, seed=1), "gradient", target=Logit(1))
    assert again == first and first.seconds > 0 and Counting.seen == 0


def test_double_networks_are_left_as_they_are() -> None:
    assert not double(seeded(Residual)).execution.folded


class Begins(nn.Module):
    """A network that changes its input before the first convolution sees it."""

    def __init__(self, change: str) -> None:
        super().__init__()
        self.change, self.convolution = change, nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        if self.change == "in place":
            x *= 3
        elif self.change == "anew":
            x = x * x
        elif self.change == "twice":
            return (self.convolution(x).relu() + self.convolution(x.flip(-1)).relu()).sum((2, 3))
        return torch.relu(self.convolution(x)).sum((2, 3))


@pytest.mark.parametrize("change", ["none", "in place", "anew", "twice"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_summed_gradient_is_the_sum_of_gradients(change: str, weighted: bool) -> None:
    scores = TargetScore(double(seeded(lambda: Begins(change))), Logit(2))
    x = noise(5, 3, 16, 16).double()
    weights = torch.linspace(-1, 2, 5).double() if weighted else None
    each = scores.gradient(x) * (1 if weights is None else weights[:, None, None, None])
    torch.testing.assert_close(scores.summed_gradient(x, weights), each.sum(0))
    assert each.abs().max() > 0


@pytest.mark.parametrize("name", ["biased", "residual", "transformer"])
def test_a_hidden_units_gradients_add_up_too(name: str) -> None:
    model = net(name)
    layer = next(each.name for each in model.layers if len(each.output_shape) == 3)
    scores, x = TargetScore(model, Channel(layer, 1)), torch.cat([picture(seed) for seed in range(3)])
    torch.testing.assert_close(scores.summed_gradient(x), scores.gradient(x).sum(0))
