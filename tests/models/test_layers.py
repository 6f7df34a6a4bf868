from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import VisionTransformer, get_model_builder

from featviz.errors import BadInput
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.models.probing.axis_evidence import Evidence
from featviz.models.probing.layer_reading import Order, read_output
from featviz.models.recording import record
from tests.toys import Attending, InPlace, Step, hooks_left, listed, noise, seeded, wrapped


def zoo(name: str, size: int = 64) -> Model:
    return wrapped(seeded(partial(get_model_builder(name), weights=None, num_classes=10)), size)


def test_a_toy_by_hand() -> None:
    maps = {"layout": "maps", "grid": (16, 16), "channels": 8, "container": False}
    assert wrapped(seeded(InPlace)).layers == (
        Layer("conv1", "Conv2d", (8, 16, 16), 8 * 3 * 9 + 8, 1, **maps),
        Layer("conv2", "Conv2d", (8, 16, 16), 8 * 8 * 9 + 8, 1, **maps),
        Layer("relu", "ReLU", (8, 16, 16), 0, 2, **maps),
        Layer("head", "Linear", (5,), 8 * 5 + 5, 1, False, "vector", None, 5),
    )


@pytest.mark.parametrize("name", ["resnet18", "swin_t", "mobilenet_v3_small", "squeezenet1_1"])
def test_what_is_listed_is_what_is_recorded(name: str) -> None:
    model = zoo(name)
    recorded = record(model, noise(2, 3, 64, 64), [layer.name for layer in model.layers])
    modules = dict(model.module.named_modules())
    for layer in model.layers:
        assert layer.output_shape == tuple(recorded[layer.name].shape[1:])
        assert layer.kind == type(modules[layer.name]).__name__
        assert layer.parameters == sum(held.numel() for held in modules[layer.name].parameters())
        assert layer.container == any(other.name.startswith(f"{layer.name}.") for other in model.layers)


def test_layers_come_in_order_of_execution() -> None:
    ran: list[str] = []
    inner = nn.Sequential(Step(partial(ran.append, "inner.0")), Step(partial(ran.append, "inner.1")))

    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = Step(partial(ran.append, "last"))
            self.unused = nn.Conv2d(3, 3, 1)
            self.inner = inner
            self.first = Step(partial(ran.append, "first"))

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.inner(self.first(x)))

    names = [layer.name for layer in wrapped(Backwards()).layers]
    assert [name for name in names if name != "inner"] == ran[:4]
    assert names == ["first", "inner.0", "inner.1", "inner", "last"]


def test_calls_are_counted() -> None:
    calls = {layer.name: layer.calls for layer in zoo("resnet18").layers}
    assert {name for name, count in calls.items() if count == 2} == {
        f"layer{stage}.{block}.relu" for stage in (1, 2, 3, 4) for block in (0, 1)
    }
    assert set(calls.values()) == {1, 2}


def test_layouts_of_a_convolutional_network() -> None:
    model = zoo("resnet18")
    assert (model.layer("conv1").layout, model.layer("conv1").grid) == ("maps", (32, 32))
    assert model.layer("layer3").grid == (4, 4)
    assert (model.layer("avgpool").layout, model.layer("avgpool").grid) == ("maps", (1, 1))
    assert (model.layer("fc").layout, model.layer("fc").grid) == ("vector", None)
    assert model.layer("layer3").channels == 256


def test_layouts_of_channels_last_stages() -> None:
    model = zoo("swin_t")
    block = model.layer("features.1.0")
    assert (block.layout, block.grid, block.channels) == ("maps_last", (16, 16), 96)
    assert model.layer("features.0.0").layout == "maps"


def test_layouts_of_tokens() -> None:
    model = wrapped(seeded(partial(VisionTransformer, 32, 8, 1, 2, 16, 32, num_classes=4)), 32)
    tokens = model.layer("encoder")
    assert (tokens.layout, tokens.grid, tokens.channels) == ("tokens", (4, 4), 16)
    attention = wrapped(seeded(Attending)).layer("attention")
    assert (attention.kind, attention.layout, attention.grid) == ("MultiheadAttention", "tokens", (4, 4))


@pytest.mark.parametrize(
    ("shape", "order", "expected"),
    [
        ((10,), None, ("vector", None, 10)),
        ((8, 5, 5), "maps", ("maps", (5, 5), 8)),
        ((5, 5, 8), "last", ("other", None, 8)),
        ((8, 5, 5), None, ("other", None, 5)),
        ((51, 8), "last", ("tokens", None, 8)),
        ((8, 51), "first", ("other", None, 8)),
        ((4, 5, 6), None, ("other", None, 6)),
        ((2, 3, 4, 5), None, ("other", None, 5)),
        ((2, 3, 4, 5), "first", ("other", None, 2)),
    ],
)
def test_without_a_probe_the_module_s_kind_alone_speaks(
    shape: tuple[int, ...], order: Order | None, expected: tuple
) -> None:
    reading = read_output(Evidence(shape), order)
    assert (reading.layout, reading.grid, reading.channels) == expected


def test_a_probe_that_fails_leaves_no_hook() -> None:
    module = seeded(InPlace)
    with pytest.raises(BadInput, match=r"\(5, 16, 16\)") as refusal:
        listed(module, noise(1, 5, 16, 16))
    assert refusal.value.code == "probe"
    assert hooks_left(module) == 0


def test_listing_layers_draws_nothing_from_the_global_generator() -> None:
    before = torch.get_rng_state()
    assert wrapped(seeded(InPlace)).layers
    assert torch.equal(torch.get_rng_state(), before)


def test_attention_weights_are_no_places_in_the_picture() -> None:
    from featviz import feature_maps, load_model

    model = load_model("shapes-vit")
    layer = model.layer("blocks.1.attention.weights")
    assert (layer.layout, layer.grid, layer.channels) == ("attention", None, 4)
    noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    maps = feature_maps(model, noise, layer.name)
    assert not maps.spatial
    assert maps.maps.shape == (4, 65, 65)
    assert abs(maps.maps.sum(2) - 1).max() < 1e-5, "a row says how one token divides its attention"
    assert all(each.layout != "attention" for each in load_model("shapes-resnet").layers)
