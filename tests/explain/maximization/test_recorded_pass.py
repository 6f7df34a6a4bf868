"""What a network makes of pictures: gradients that lie as the maps do, values finer than the maps' own numbers."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.explain.maximization.objectives import DeepDream, LogProbability, each
from featviz.explain.maximization.preprocessing import input_normalization
from featviz.explain.maximization.recorded_pass import ActivationRecorder, RecordedPass
from featviz.explain.targets.units import Channel, Logit, Neuron, Objective
from featviz.models.capture import recording
from featviz.models.ensemble import ensemble
from featviz.models.recording import record
from featviz.models.sources.load import load_model

LAYER = "stage2.1.relu2"


def looked(objective: Objective, *, half: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The layer's maps, the objective and its gradient for them."""
    model = load_model("shapes-resnet")
    eye = ActivationRecorder(model, objective, half_precision=half)
    pictures = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0)).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        seen = eye.run(input_normalization(model)(pictures), pictures)
        value = objective.value(seen)
    maps = seen.output(LAYER)
    slopes: list[Tensor] = []
    maps.register_hook(slopes.append)  # type: ignore[no-untyped-call]
    torch.autograd.grad(value.sum(), pictures)
    return maps, value, slopes[0]


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("objective", [Channel(LAYER, 3), Neuron(LAYER, 3, 1, 2), DeepDream(LAYER)], ids=repr)
def test_gradients_lie_in_memory_as_the_maps_do(objective: Objective, half: bool) -> None:
    maps, _value, slope = looked(objective, half=half)
    assert maps.is_contiguous(memory_format=torch.channels_last) and not maps.is_contiguous()
    assert slope.is_contiguous(memory_format=torch.channels_last)


def test_a_channels_slope_is_the_same_at_each_place_and_nothing_elsewhere() -> None:
    maps, value, slope = looked(Channel(LAYER, 3), half=False)
    expected = torch.zeros_like(maps)
    expected[:, 3] = 1 / (maps.shape[2] * maps.shape[3])
    torch.testing.assert_close(slope, expected)
    torch.testing.assert_close(value, maps[:, 3].mean((1, 2)))


def test_a_channels_mean_is_not_rounded_as_its_maps_are() -> None:
    maps, value, _slope = looked(Channel(LAYER, 3), half=True)
    assert maps.dtype is torch.bfloat16 and value.dtype is torch.float32
    torch.testing.assert_close(value, maps[:, 3].float().mean((1, 2)))


@pytest.mark.parametrize(
    ("objective", "chosen"),
    [
        (Logit(4), {4}),
        (Logit(4) - 2.0 * Logit(1), {1, 4}),
        (each([Logit(4), Logit(1)]), {1, 4}),
        (Logit(4) + Channel(LAYER, 3), {4}),
        (Logit(4) + LogProbability(4), set()),
        (Logit(-1), set()),
    ],
    ids=repr,
)
def test_a_network_computes_the_outputs_that_are_read_and_no_others(
    objective: Objective, chosen: set[int]
) -> None:
    model = load_model("shapes-resnet")
    eye = ActivationRecorder(model, objective)
    pictures = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    seen = eye.run(input_normalization(model)(pictures), pictures)
    assert set(seen.channels.get(None, ())) == chosen
    assert seen.output(None).shape[1] == (len(chosen) or len(model.classes))


def test_the_outputs_that_are_read_are_those_of_the_whole_network() -> None:
    model = load_model("shapes-resnet")
    objective = each([Logit(4) - 2.0 * Logit(1), Logit(7) + Channel(LAYER, 3)])
    pictures = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0)).requires_grad_()
    batch = input_normalization(model)(pictures)
    values = ActivationRecorder(model, objective).value(batch, pictures)
    logits, maps = model.replica()(batch), record(model, batch.detach(), LAYER)[LAYER]
    torch.testing.assert_close(values[0], logits[0, 4] - 2 * logits[0, 1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(values[1], logits[1, 7] + maps[1, 3].mean(), rtol=1e-4, atol=1e-5)
    (found,) = torch.autograd.grad(values[0], pictures, retain_graph=True)
    (expected,) = torch.autograd.grad(logits[0, 4] - 2 * logits[0, 1], pictures)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["shapes-vit", "an ensemble", "torchvision/squeezenet1_1"])
def test_a_class_is_read_right_whatever_the_last_layer_is(name: str) -> None:
    if name == "an ensemble":
        model = ensemble([load_model("shapes-resnet"), load_model("shapes-resnet", weights="1-4th")])
    else:
        model = load_model(name, weights=None) if "/" in name else load_model(name)
    pictures = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    batch = input_normalization(model)(pictures)
    with torch.no_grad():
        values, expected = (
            ActivationRecorder(model, Logit(3)).value(batch, pictures),
            model.replica()(batch)[:, 3],
        )
    torch.testing.assert_close(values, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(
    ("objective", "channels"),
    [
        (Channel("features.6", 5), (5,)),
        (Neuron("features.6", 247, 1, 0), (247,)),
        (Channel("features.6", 200) - 0.5 * Channel("features.6", 5), (5, 200)),
        (each([Channel("features.6", 200), Channel("features.6", 5)]), (5, 200)),
        (Channel("features.6", 200) + DeepDream("features.6"), None),
        (Channel("features.6", 200) + Channel("features.4", 5), None),
        (Channel("features.6", 5) + Logit(3), None),
    ],
    ids=str,
)
def test_channels_are_read_right_where_no_others_are_computed(
    objective: Objective, channels: tuple[int, ...] | None, half: bool
) -> None:
    model = load_model("torchvision/squeezenet1_1", weights=None)
    pictures = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0)).requires_grad_()
    eye, batch = (
        ActivationRecorder(model, objective, half_precision=half),
        input_normalization(model)(pictures),
    )
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        seen = eye.run(batch, pictures)
        values = objective.value(seen)
    assert seen.channels.get("features.6") == channels
    (found,) = torch.autograd.grad(values.sum(), pictures, retain_graph=True)
    layers = {name: (name, 0) for name in objective.layers if name}
    with recording(whole := model.replica(), layers, detach=False, stop=False) as outputs:
        outputs[None] = whole(batch)
    true = objective.value(RecordedPass(model, pictures, outputs))
    (expected,) = torch.autograd.grad(true.sum(), pictures)
    near = 0.05 if half else 1e-4
    torch.testing.assert_close(values.float(), true, rtol=near, atol=near * float(true.detach().abs().max()))
    assert float(F.cosine_similarity(found.flatten(), expected.flatten(), 0)) > (0.95 if half else 0.99999)


@pytest.mark.parametrize("channel", [256, -1, True, "5", [5], None])
def test_channels_that_there_are_not_are_refused(channel: object) -> None:
    model = load_model("torchvision/squeezenet1_1", weights=None)
    objective = Channel("features.6", channel)  # type: ignore[arg-type]
    pictures = torch.rand(1, 3, 64, 64)
    with pytest.raises(BadInput, match="channel is 0 to 255"):
        ActivationRecorder(model, objective).value(input_normalization(model)(pictures), pictures)
