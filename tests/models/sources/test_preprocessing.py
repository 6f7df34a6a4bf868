"""A network out of a file is seen through its own preprocessing: given, read, or assumed and said so."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms import v2

from featviz.errors import BadInput
from featviz.models.checkpoints.settings import FoundSettings, find_settings
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from featviz.models.sources.spec import ModelSpec
from tests.toys import seeded

NAME = "torchvision/squeezenet1_1"
IMAGE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8))
ASSUMED = "Assumed, as the file does not say: "
CIFAR = Path(__file__).parents[4] / "shared" / "data" / "images" / "cifar10_lossless100"


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return seeded(lambda: torchvision.models.squeezenet1_1(num_classes=5))


@pytest.fixture(scope="module")
def file(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "net.safetensors"
    safetensors.torch.save_file(network.state_dict(), path)
    return path


def load(file: Path, **options: Any) -> Model:
    return load_model(NAME, weights=file, device="cpu", **options)


def as_trained(size: int, mean: Any, std: Any, resize: int | None = None) -> Tensor:
    """What the usual transforms make of the image."""
    pixels = v2.Compose([v2.Resize(resize or size), v2.CenterCrop(size), v2.PILToTensor()])(IMAGE) / 255
    return v2.Normalize(mean, std)(pixels)[None]


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        (0.5, 0.25),
        ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
        (0, 1),
        (0, 1 / 255),
    ],
)
def test_a_given_preprocessing_is_that_of_the_usual_transforms(
    network: nn.Module, file: Path, mean: Any, std: Any
) -> None:
    model = load(file, input_size=32, mean=mean, std=std)
    each = [(value,) * 3 if isinstance(value, (int, float)) else value for value in (mean, std)]
    x = as_trained(32, *each)
    assert torch.allclose(model.preprocess(IMAGE), x, rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(model.logits(model.preprocess(IMAGE)), network(x), rtol=1e-4, atol=1e-4)
    assert model.input_size == 32
    assert not [note for note in model.notes if ASSUMED in note]
    assert model.layers[0].output_shape[-1] == 15


def test_what_is_assumed_is_said_and_only_that(file: Path) -> None:
    size, statistics = "224 × 224 pixels", "the mean and standard deviation of ImageNet"
    assert f"{ASSUMED}{size} and {statistics}." in load(file).notes
    assert f"{ASSUMED}{statistics}." in load(file, input_size=64).notes
    assert f"{ASSUMED}{size}." in load(file, mean=0.5, std=0.5).notes
    assert not [note for note in load_model(NAME, weights=None).notes if "Assumed" in note]


def test_a_transform_of_ones_own_is_taken(file: Path) -> None:
    model = load(file, transform=lambda _image: torch.full((3, 64, 64), 0.25), input_size=64)
    assert model.preprocess(IMAGE).unique().tolist() == [0.25]
    assert model.input_size == 64
    assert not [note for note in model.notes if ASSUMED in note]
    assert model.origin is None


def test_another_preprocessing_is_another_network_and_the_same_one_the_same(file: Path) -> None:
    choices: list[dict[str, Any]] = [{}, {"input_size": 64}, {"mean": 0.5}, {"mean": 0.5, "std": 0.5}]
    first, again = ([load(file, **each).fingerprint for each in choices] for _ in range(2))
    assert len(set(first)) == len(choices)
    assert first == again
    assert load(file, input_size=224).fingerprint == first[0]
    assert load(file, outputs="multi_label").fingerprint not in first


def test_a_chosen_preprocessing_is_loaded_again_as_it_was(file: Path) -> None:
    model = load(file, input_size=48, mean=0.5, std=(0.2, 0.3, 0.4), outputs="multi_label")
    again = ModelSpec.of(model).load()
    assert torch.equal(again.preprocess(IMAGE), model.preprocess(IMAGE))
    assert again.outputs == "multi_label"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"input_size": 0}, "input_size"),
        ({"input_size": (32, 32)}, "input_size"),
        ({"input_size": 8}, "input_size"),
        ({"mean": (0.5, 0.5)}, "mean"),
        ({"mean": float("nan")}, "mean"),
        ({"std": 0}, "std"),
        ({"std": "half"}, "std"),
        ({"transform": 3}, "transform"),
        ({"transform": abs, "mean": 0.5}, "transform"),
        ({"outputs": "words"}, "outputs"),
    ],
)
def test_what_is_no_preprocessing_is_refused(file: Path, options: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        load(file, **options)
    assert refusal.value.code == code


def test_every_network_can_be_seen_otherwise() -> None:
    model = load_model("shapes-resnet", input_size=48, mean=0.5, std=0.5)
    assert torch.allclose(model.preprocess(IMAGE), as_trained(48, (0.5,) * 3, (0.5,) * 3), atol=1e-6)
    assert model.fingerprint != load_model("shapes-resnet").fingerprint


TIMM = {"input_size": [3, 64, 64], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_pct": 0.8}
HUGGING_FACE = {
    "image_mean": [0.4, 0.5, 0.6],
    "image_std": [0.2, 0.25, 0.3],
    "size": {"height": 64, "width": 64},
    "resample": 3,
    "do_normalize": True,
}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"pretrained_cfg": TIMM}, (64, (0.5,) * 3, (0.5,) * 3, 80, None)),
        (HUGGING_FACE, (64, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3), 64, "bicubic")),
        (
            {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}},
            (224, None, None, 256, None),
        ),
        (HUGGING_FACE | {"do_normalize": False}, (64, (0.0,), (1.0,), 64, "bicubic")),
        (
            {"hyper_parameters": {"img_size": 48, "mean": 0.5, "std": 0.25}},
            (48, (0.5,), (0.25,), None, None),
        ),
        (
            {"mean": [127.5] * 3, "std": [51.0] * 3},
            (None, (0.5,) * 3, (0.2,) * 3, None, None),
        ),
        ({"img_size": [32, 128]}, (None,) * 5),
        ({"img_size": True, "mean": "0.5", "std": [1, 2]}, (None,) * 5),
        ({"mean": [0.5] * 3, "std": [0.0] * 3, "img_size": -4}, (None,) * 5),
        ([1, 2], (None,) * 5),
    ],
)
def test_the_words_of_others_are_understood_and_nonsense_is_passed_over(
    settings: object, expected: tuple[Any, ...]
) -> None:
    found = find_settings(settings)
    assert (found.input_size, found.mean, found.std, found.resize, found.interpolation) == expected


def test_a_checkpoint_that_says_its_preprocessing_is_believed(network: nn.Module, tmp_path: Path) -> None:
    state = network.state_dict()
    torch.save(
        {"state_dict": state, "hyper_parameters": TIMM | {"lr": 1e-3, "net": ["a"] * 99}}, tmp_path / "a.ckpt"
    )
    safetensors.torch.save_file(state, tmp_path / "b.safetensors", {"pretrained_cfg": json.dumps(TIMM)})
    safetensors.torch.save_file(state, tmp_path / "c.safetensors")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(HUGGING_FACE))
    for name in ("a.ckpt", "b.safetensors"):
        model = load(tmp_path / name)
        assert torch.allclose(
            model.preprocess(IMAGE), as_trained(64, (0.5,) * 3, (0.5,) * 3, 80), atol=1e-6
        ), name
        assert any(note.startswith("Read from ") for note in model.notes)
        assert not [note for note in model.notes if ASSUMED in note]
    beside = load(tmp_path / "c.safetensors")
    assert (beside.transform.mean, beside.input_size) == ((0.4, 0.5, 0.6), 64)
    assert any("preprocessor_config.json" in note for note in beside.notes)
    given = load(tmp_path / "c.safetensors", mean=0.5, std=0.5)
    assert (given.transform.mean, given.input_size) == ((0.5,) * 3, 64)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"mean": 1e999}', "null", '"' * 9])
def test_a_broken_file_beside_is_passed_over(file: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "net.safetensors").write_bytes(file.read_bytes())
    (tmp_path / "preprocessor_config.json").write_text(text)
    assert load(tmp_path / "net.safetensors").transform == load(file).transform


def test_nothing_found_is_nothing() -> None:
    assert not FoundSettings()


@pytest.mark.parametrize("architecture", ["googlenet", pytest.param("inception_v3", marks=pytest.mark.long)])
def test_networks_that_rescale_are_right_for_files_with_and_without_that_step(
    architecture: str, tmp_path: Path
) -> None:
    make = getattr(torchvision.models, architecture)
    network = seeded(lambda: make(weights=None, num_classes=3, init_weights=False))
    safetensors.torch.save_file(network.state_dict(), tmp_path / "net.safetensors")
    model = load_model(f"torchvision/{architecture}", weights=tmp_path / "net.safetensors", device="cpu")
    x = model.preprocess(IMAGE)
    with torch.no_grad():
        assert torch.allclose(model.logits(x), network(x), atol=1e-4)
        network.transform_input = True  # as torchvision's own weights have it, with ImageNet's normalization
        usual = load_model(f"torchvision/{architecture}", weights=None, device="cpu").transform(IMAGE)[None]
        assert torch.allclose(model.logits(x), network(usual), atol=1e-3)


@pytest.mark.long
@pytest.mark.skipif(not CIFAR.exists(), reason="the images to check against are not here")
@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v2"])
def test_a_network_of_small_images_names_them_rightly(architecture: str, tmp_path: Path) -> None:
    files = sorted(CIFAR.glob("*/*.png"))
    names = sorted({each.parent.name for each in files})
    images = [Image.open(each).convert("RGB") for each in files]
    labels = torch.tensor([names.index(each.parent.name) for each in files])
    x = torch.stack([v2.functional.pil_to_tensor(each) / 255 for each in images]) * 2 - 1
    network = seeded(lambda: getattr(torchvision.models, architecture)(num_classes=10))
    _memorize(network, x, labels)
    torch.save(network.state_dict(), tmp_path / "net.pt")

    def right(**options: Any) -> int:
        model = load_model(
            f"torchvision/{architecture}", weights=tmp_path / "net.pt", device="cpu", **options
        )
        return int((model.logits(model.preprocess(images)).argmax(1) == labels).sum())

    assert right(input_size=32, mean=0.5, std=0.5) >= 98
    assert right() < 40


def _memorize(network: nn.Module, x: Tensor, labels: Tensor) -> None:
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    generator = torch.Generator().manual_seed(0)
    for epoch in range(60):
        network.train()
        for part in torch.randperm(len(x), generator=generator).split(25):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[part]), labels[part]).backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            if epoch > 15 and bool((network(x).argmax(1) == labels).all()):
                return
