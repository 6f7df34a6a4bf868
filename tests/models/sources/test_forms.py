"""Files that people have, opened: each equals the module it was saved from, and what was left out is said."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import torchvision
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from featviz.errors import BadCheckpoint
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from tests.toys import noise, seeded

zoo = torchvision.models


def shaken(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """A network of which no two tensors are alike: norms with statistics, layers scaled."""
    network = seeded(make, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point() and tensor.ndim < 2:
                tensor.add_(0.2 * torch.rand(tensor.shape, generator=generator))
            elif name.endswith(("cls_token", "class_token", "pos_embed", "pos_embedding")):
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
    return network.eval()


def opened(state: dict[str, Tensor], architecture: str, folder: Path, **options: Any) -> Model:
    path = folder / "net.safetensors"
    safetensors.torch.save_file({name: each.clone().contiguous() for name, each in state.items()}, path)
    return load_model(f"torchvision/{architecture}", weights=path, device="cpu", **options)


def assert_same(model: Model, network: nn.Module, channels: int = 3, size: int = 64) -> None:
    x = noise(2, channels, size, size)
    with torch.no_grad():
        expected = network(x)
    scale = float(expected.abs().max())
    assert torch.allclose(model.logits(x), expected, atol=2e-5 * scale), (
        (model.logits(x) - expected).abs().max()
    )


def resnet(**heads: nn.Module) -> nn.Module:
    network = zoo.resnet18(num_classes=5)
    for name, module in heads.items():
        network.set_submodule(name, module)
    return network


@pytest.fixture(scope="module")
def plain() -> nn.Module:
    return shaken(resnet)


@pytest.mark.parametrize(
    ("architecture", "make"),
    [
        ("resnet18", lambda: resnet(fc=nn.Sequential(nn.Dropout(0.5), nn.Linear(512, 7)))),
        ("resnet18", lambda: resnet(fc=nn.Sequential(nn.Linear(512, 1)))),
        ("resnet18", lambda: resnet(fc=nn.ModuleDict({"last": nn.Linear(512, 7)})["last"])),
    ],
)
def test_a_linear_layer_with_dropout_before_it_is_the_head(
    architecture: str, make: Callable[[], nn.Module], tmp_path: Path
) -> None:
    network = shaken(make)
    model = opened(network.state_dict(), architecture, tmp_path)
    assert_same(model, network)


def test_other_heads_of_one_linear_layer(tmp_path: Path) -> None:
    mobile = zoo.mobilenet_v2(num_classes=4)
    mobile.classifier = nn.Linear(1280, 4)
    nested = zoo.mobilenet_v2(num_classes=4)
    nested.classifier[1] = nn.Sequential(nn.Dropout(0.1), nn.Linear(1280, 6))
    alex = zoo.alexnet(num_classes=4)
    alex.classifier = nn.Linear(9216, 4)
    for architecture, network, size in (
        ("mobilenet_v2", mobile, 64),
        ("mobilenet_v2", nested, 64),
        ("alexnet", alex, 64),
    ):
        ready = shaken(lambda network=network: network)
        assert_same(opened(ready.state_dict(), architecture, tmp_path), ready, size=size)


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("small", [False, True])
def test_stems_of_small_and_of_gray_images(gray: bool, small: bool, tmp_path: Path) -> None:
    channels = 1 if gray else 3
    stem = (
        nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        if small
        else nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
    )
    network = shaken(lambda: resnet(conv1=stem, **({"maxpool": nn.Identity()} if small else {})))
    model = opened(network.state_dict(), "resnet18", tmp_path)
    assert_same(model, network, channels, 32)
    assert model.input_channels == channels
    assert model.input_size == (32 if small else 224)
    assert any("Inferred from the shapes of the weights: 32 × 32" in note for note in model.notes) == small
    from featviz import ImageSet

    image = ImageSet.bundled("shapes")[0].image
    assert model.preprocess(image).shape == (1, channels, model.input_size, model.input_size)
    assert model.predict(model.preprocess(image))


def test_a_small_stem_of_a_densenet(tmp_path: Path) -> None:
    def make() -> nn.Module:
        network = zoo.densenet121(num_classes=3)
        network.features.conv0, network.features.pool0 = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
        return network

    network = shaken(make)
    assert_same(opened(network.state_dict(), "densenet121", tmp_path), network, size=32)


def prefixed(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


BESIDE: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    "two prefixes": lambda state: prefixed(state, "module.model."),
    "compiled and parallel": lambda state: prefixed(state, "_orig_mod.module."),
    "fabric": lambda state: prefixed(state, "_forward_module."),
    "Lightning with a loss": lambda state: prefixed(state, "model.") | {"criterion.weight": torch.ones(5)},
    "a metric beside": lambda state: prefixed(state, "net.") | {"metric.total": torch.ones(1)},
    "a projector beside": lambda state: state | {"projector.0.weight": torch.ones(8, 8)},
    "EMA beside": lambda state: (
        prefixed(state, "model.") | prefixed({name: each + 1 for name, each in state.items()}, "model_ema.")
    ),
    "EMA and its online model": lambda state: (
        prefixed(state, "ema_model.")
        | prefixed({name: each + 1 for name, each in state.items()}, "online_model.")
        | {"step": torch.tensor([3]), "initted": torch.tensor([True])}
    ),
    "teacher and student": lambda state: (
        prefixed(state, "teacher.") | prefixed({name: each + 1 for name, each in state.items()}, "student.")
    ),
}


@pytest.mark.parametrize("kind", BESIDE)
def test_what_stands_around_the_network_is_left_out_and_said(
    kind: str, plain: nn.Module, tmp_path: Path
) -> None:
    state = BESIDE[kind](plain.state_dict())
    model = opened(state, "resnet18", tmp_path)
    assert_same(model, plain)
    extra = len(state) - len(plain.state_dict())
    assert any("Left out" in note for note in model.notes) == (extra > 0)


def test_an_average_of_weights(plain: nn.Module, tmp_path: Path) -> None:
    average = AveragedModel(copy.deepcopy(plain))
    model = opened(dict(average.state_dict()), "resnet18", tmp_path)
    assert_same(model, plain)
    assert any("n_averaged" in note for note in model.notes)


class Features(nn.Module):
    """A network that ends before its head."""

    def __init__(self, network: nn.Module, head: str) -> None:
        super().__init__()
        network.set_submodule(head, nn.Identity())
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x).flatten(1)


@pytest.mark.parametrize(
    ("architecture", "head", "width"),
    [
        ("resnet18", "fc", 512),
        ("mobilenet_v2", "classifier", 1280),
        ("densenet121", "classifier", 1024),
        ("convnext_tiny", "classifier", 768),
        ("vgg11", "classifier.6", 4096),
    ],
)
def test_a_backbone_without_head_gives_its_features(
    architecture: str, head: str, width: int, tmp_path: Path
) -> None:
    network = shaken(lambda: Features(getattr(zoo, architecture)(), head))
    model = opened(network.network.state_dict(), architecture, tmp_path)
    assert_same(model, network)
    assert model.outputs == "embedding"
    assert not model.classes
    assert model.logits(noise(1, 3, 64, 64)).shape == (1, width)
    assert any("no layer that names classes" in note for note in model.notes)


def test_of_momentum_contrast_the_query_encoder_is_taken_and_its_projection_left_out(tmp_path: Path) -> None:
    projection = nn.Sequential(nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 128))
    network = shaken(lambda: resnet(fc=projection))
    other = shaken(lambda: resnet(fc=projection), seed=1)
    state = prefixed(network.state_dict(), "module.encoder_q.") | prefixed(
        other.state_dict(), "module.encoder_k."
    )
    model = opened(state | {"module.queue": torch.ones(128, 16)}, "resnet18", tmp_path)
    assert_same(model, Features(network, "fc").eval())
    assert any("fc.0.bias" in note for note in model.notes)
    assert any("encoder_q" in note for note in model.notes)


@pytest.mark.parametrize(
    ("architecture", "other"), [("resnet18", "resnet34"), ("vgg11", "vgg13"), ("resnet34", "resnet18")]
)
def test_another_architecture_is_refused_though_all_names_may_be_there(
    architecture: str, other: str, tmp_path: Path
) -> None:
    state = getattr(zoo, other)(num_classes=2).state_dict()
    with pytest.raises(BadCheckpoint) as refusal:
        opened(state, architecture, tmp_path)
    assert refusal.value.code in ("names", "shapes")


def test_a_head_that_cannot_be_known_is_no_head(plain: nn.Module, tmp_path: Path) -> None:
    state = {name: each for name, each in plain.state_dict().items() if name != "fc.bias"}
    with pytest.raises(BadCheckpoint, match=r"fc\.bias"):
        opened(state, "resnet18", tmp_path)


def test_a_vision_transformer_of_another_size(tmp_path: Path) -> None:
    network = shaken(lambda: zoo.VisionTransformer(96, 32, 12, 12, 768, 3072, num_classes=3))
    model = opened(network.state_dict(), "vit_b_32", tmp_path)
    assert model.input_size == 96
    assert_same(model, network, size=96)
