"""Architectures of the zoo under timm's and Hugging Face's names, and CIFAR ResNets: outputs as the original's."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from featviz.errors import BadCheckpoint
from featviz.models.sources.load import load_model
from tests.models.sources.test_forms import assert_same, opened, prefixed, shaken

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize(
    ("architecture", "name", "size"),
    [
        ("resnet18", "resnet18", 64),
        pytest.param("vgg11", "vgg11", 224, marks=pytest.mark.long),
        ("mobilenet_v2", "mobilenetv2_100", 64),
        ("efficientnet_b0", "efficientnet_b0", 64),
        ("efficientnet_b1", "efficientnet_b1", 64),
        pytest.param("efficientnet_b3", "efficientnet_b3", 64, marks=pytest.mark.long),
        pytest.param("efficientnet_b5", "efficientnet_b5", 64, marks=pytest.mark.long),
        ("mobilenet_v3_small", "mobilenetv3_small_100", 64),
        pytest.param("mobilenet_v3_large", "mobilenetv3_large_100", 64, marks=pytest.mark.long),
        ("regnet_y_400mf", "regnety_004", 64),
        ("convnext_tiny", "convnext_tiny", 64),
        ("swin_t", "swin_tiny_patch4_window7_224", 224),
        pytest.param("vit_b_32", "vit_base_patch32_224", 224, marks=pytest.mark.long),
    ],
)
def test_names_of_timm(architecture: str, name: str, size: int, tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    network = shaken(lambda: timm.create_model(name, pretrained=False, num_classes=5))
    model = opened(prefixed(network.state_dict(), "model."), architecture, tmp_path)
    assert model.card.classes == 5
    assert_same(model, network, size=size)


def test_batch_norms_of_timm_add_what_they_add_there_and_it_is_said(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    network = shaken(lambda: timm.create_model("mobilenetv3_small_100", pretrained=False, num_classes=5))
    model = opened(network.state_dict(), "mobilenet_v3_small", tmp_path)
    norms = [each for each in model.module.modules() if isinstance(each, nn.BatchNorm2d)]
    assert {each.eps for each in norms} == {1e-5}
    assert any("add 1e-05" in note for note in model.notes)
    assert any("begin with tf_" in note for note in model.notes)  # their weights have these names too


@pytest.mark.parametrize(
    ("said", "architecture"),
    [
        ({"arch": "tf_efficientnet_b0"}, "efficientnet_b0"),
        ({"pretrained_cfg": {"architecture": "tf_mobilenetv3_small_100.in1k"}}, "mobilenet_v3_small"),
        ({"arch": "resnetblur50"}, "resnet50"),
    ],
)
def test_what_says_it_is_a_namesake_that_computes_otherwise_is_refused(
    said: dict[str, Any], architecture: str, tmp_path: Path
) -> None:
    torch.save({"state_dict": {"conv_stem.weight": torch.ones(1)}, **said}, tmp_path / "net.pt")
    with pytest.raises(BadCheckpoint, match=rf"timm's \w+.*{architecture} does not") as refusal:
        load_model(f"torchvision/{architecture}", weights=tmp_path / "net.pt", device="cpu")
    assert refusal.value.code == "namesake"


class Logits(nn.Module):
    """A network of transformers that gives its logits alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.network(x).logits
        return out


@pytest.mark.parametrize(
    ("architecture", "kind", "options", "size"),
    [
        (
            "resnet18",
            "ResNet",
            {
                "layer_type": "basic",
                "hidden_sizes": [64, 128, 256, 512],
                "depths": [2, 2, 2, 2],
                "embedding_size": 64,
            },
            64,
        ),
        pytest.param("resnet50", "ResNet", {}, 64, marks=pytest.mark.long),
        pytest.param(
            *("vit_b_32", "ViT", {"patch_size": 32, "layer_norm_eps": 1e-6}, 224), marks=pytest.mark.long
        ),
        ("convnext_tiny", "ConvNext", {}, 64),
        pytest.param("swin_t", "Swin", {}, 224, marks=pytest.mark.long),
    ],
)
def test_names_of_hugging_face(
    architecture: str, kind: str, options: dict[str, Any], size: int, tmp_path: Path
) -> None:
    transformers = pytest.importorskip("transformers")
    config = getattr(transformers, f"{kind}Config")(num_labels=5, **options)
    network = shaken(lambda: Logits(getattr(transformers, f"{kind}ForImageClassification")(config)))
    network.network.save_pretrained(tmp_path / "saved")  # under the names that files have had for years
    saved = safetensors.torch.load_file(tmp_path / "saved" / "model.safetensors")
    for state in (saved, network.network.state_dict()):
        assert_same(opened(state, architecture, tmp_path), network, size=size)


@pytest.mark.skipif(not DATA.exists(), reason="the trained networks to check against are not here")
@pytest.mark.parametrize("depth", [20, 56])
def test_trained_networks_for_cifar_answer_as_their_authors_have_them(depth: int) -> None:
    sys.path.insert(0, str(DATA / "definitions"))
    try:
        network = importlib.import_module("cifar_resnet").CifarResNet(depth).eval()
    finally:
        sys.path.remove(str(DATA / "definitions"))
    file = DATA / "weights" / f"cifar10_resnet{depth}.safetensors"
    network.load_state_dict(safetensors.torch.load_file(file))
    model = load_model(f"cifar/resnet{depth}", weights=file, device="cpu")
    assert_same(model, network, size=32)
    assert model.input_size == 32


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_networks_for_cifar_have_the_published_sizes(depth: int) -> None:
    millions = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}
    model = load_model(f"cifar/resnet{depth}", weights=None, device="cpu")
    assert round(model.parameter_count / 1e6, 2 if depth < 110 else 1) == millions[depth]
    assert len([layer for layer in model.layers if layer.kind in ("Conv2d", "Linear")]) == depth


def test_networks_for_cifar_with_convolutions_as_shortcuts(tmp_path: Path) -> None:
    from featviz.models.networks.cifar_resnet import CifarResNet

    network = shaken(lambda: CifarResNet(20, 7, projection=True))
    state = {
        name.replace("downsample", "shortcut").replace("fc.", "linear."): tensor
        for name, tensor in network.state_dict().items()
    }
    path = tmp_path / "net.pt"
    torch.save(state, path)
    assert_same(load_model("cifar/resnet20", weights=path, device="cpu"), network, size=32)
