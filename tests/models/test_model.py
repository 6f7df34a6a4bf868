import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from featviz import load_model
from featviz.errors import BadInput, LayerNotFound
from featviz.models.recording import record
from featviz.models.wrapping import wrap_model
from tests.toys import InPlace, noise, seeded, wrapped


class Ending(nn.Module):
    """A convolution, and whatever `end` makes of its output."""

    def __init__(self, end) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.end = end

    def forward(self, x: Tensor) -> object:
        return self.end(self.conv(x))


def fail(_: Tensor) -> None:
    raise KeyError("a network of one's own may raise anything")


@pytest.mark.parametrize(
    ("end", "came"),
    [
        (lambda maps: {"out": maps}, "dict"),
        (lambda maps: (maps, None), "tuple"),
        (lambda maps: maps.mean((1, 2, 3)), r"of shape \(2,\)"),
    ],
)
def test_an_output_that_is_no_logits_is_refused_yet_its_layers_are_seen(end, came) -> None:
    model, x = wrapped(Ending(end)), noise(2, 3, 16, 16)
    with pytest.raises(BadInput, match=came) as refusal:
        model.predict(x)
    assert refusal.value.code == "output"
    torch.testing.assert_close(record(model, x, "conv")["conv"], model.module.conv(x))


@pytest.mark.parametrize("ask", [lambda model, x: model.predict(x), lambda model, x: model.layers])
def test_whatever_a_network_raises_becomes_a_refusal(ask) -> None:
    with pytest.raises(BadInput, match="raise anything"):
        ask(wrapped(Ending(fail)), noise(1, 3, 16, 16))


def test_recording_a_network_that_fails_for_this_input_is_refused() -> None:
    model = wrapped(Ending(lambda maps: maps if maps.shape[-1] == 14 else fail(maps)))
    model.module.add_module("last", nn.Identity())
    assert [layer.name for layer in model.layers] == ["conv"]
    with pytest.raises(BadInput, match="raise anything"):
        model.logits(noise(1, 3, 20, 20))


def test_probabilities_of_planted_logits() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    nn.init.zeros_(network[1].weight)
    network[1].bias.data = torch.tensor([0.0, math.log(6), math.log(3)])
    best, second = wrapped(network, size=2).predict(noise(1, 3, 2, 2), top=2)[0]
    assert (best.index, second.index) == (1, 2)
    assert (best.probability, second.probability) == pytest.approx((0.6, 0.3))


@pytest.mark.parametrize(
    ("module", "device"), [(nn.Conv2d(3, 4, 3), "quantum"), (lambda x: x, "cpu"), (None, "cpu")]
)
def test_what_cannot_be_wrapped_is_refused(module, device) -> None:
    with pytest.raises(BadInput, match="mine cannot be copied") as refusal:
        wrap_model(module, name="mine", transform=lambda image: image, input_size=8, device=device)
    assert refusal.value.code == "copy"


@pytest.mark.parametrize(
    ("name", "address"),
    [("conv1", ("conv1", 0)), ("conv1:0", ("conv1", 0)), ("relu", ("relu", 1)), ("relu:0", ("relu", 0))],
)
def test_a_name_stands_for_a_call(name: str, address: tuple[str, int]) -> None:
    model = wrapped(seeded(InPlace))
    found = model.resolve(name)
    assert found.address[:2] == address
    assert found.layer == model.layer(address[0])
    assert model.resolve(found.name) == found


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("relu:2", "relu is called 2 times in a pass, and calls count from 0: there is no call 2"),
        ("conv1:1", "conv1 is called once"),
        ("conv3", "no layer named 'conv3'.*Near it: conv"),
        ("conv3:0", "no layer named 'conv3:0'.*Near it: conv"),
        ("relu:-1", "no layer named 'relu:-1'.*Near it: relu"),
        (3, "by its name; 3 came"),
        (None, "by its name; None came"),
    ],
)
def test_a_name_that_stands_for_nothing_is_refused_with_what_there_is(name: object, says: str) -> None:
    with pytest.raises(LayerNotFound, match=says):
        wrapped(seeded(InPlace)).resolve(name)


class Named(nn.Module):
    """One module whose name looks like a call of the other, which is registered twice."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.add_module("relu:0", nn.Conv2d(3, 4, 3))
        self.same = self.relu

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.get_submodule("relu:0")(self.same(x))).mean((2, 3))


def test_a_name_that_looks_like_a_call_is_the_name_it_is() -> None:
    model = wrapped(Named())
    assert model.resolve("relu:0").layer.kind == "Conv2d"
    assert model.resolve("relu:1").address[:2] == ("relu", 1)
    replica = model.execution.replica(["relu:0", "same", "same:1"])
    torch.testing.assert_close(replica(noise(1, 3, 9, 9)), model.module(noise(1, 3, 9, 9)))


def test_the_parameters_are_counted_in_the_network_that_is_loaded(tmp_path: Path) -> None:
    """Its card counts 11,689,512, for 1,000 classes."""
    from safetensors.torch import save_file
    from torchvision.models import resnet18

    save_file(resnet18(num_classes=10).state_dict(), tmp_path / "ten.safetensors")
    model = load_model("torchvision/resnet18", weights=tmp_path / "ten.safetensors")
    assert model.parameter_count == 11_181_642
    assert model.parameter_count == sum(layer.parameters for layer in model.layers if not layer.container)
