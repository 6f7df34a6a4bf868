import hashlib
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
import torchvision

from featviz.errors import BadCheckpoint, BadInput, ModelNotFound, WeightsUnavailable
from featviz.models.recording import record
from featviz.models.sources import torchvision as zoo
from featviz.models.sources.load import devices, list_models, load_model, model_card
from tests.toys import noise

SMALLEST = {  # of every family
    "AlexNet": "alexnet",
    "ConvNeXt": "convnext_tiny",
    "DenseNet": "densenet121",
    "EfficientNet": "efficientnet_b0",
    "GoogLeNet": "googlenet",
    "Inception": "inception_v3",
    "MNASNet": "mnasnet0_5",
    "MaxViT": "maxvit_t",
    "MobileNet": "mobilenet_v3_small",
    "RegNet": "regnet_y_400mf",
    "ResNeXt": "resnext50_32x4d",
    "ResNet": "resnet18",
    "ShuffleNet": "shufflenet_v2_x0_5",
    "SqueezeNet": "squeezenet1_1",
    "Swin Transformer": "swin_t",
    "VGG": "vgg11",
    "Vision Transformer": "vit_b_32",
    "Wide ResNet": "wide_resnet50_2",
}


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and nothing downloaded earlier."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise OSError("there is no network")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(zoo, "_cache_path", lambda architecture: tmp_path / f"{architecture}-0123abcd.pth")


def test_every_classification_architecture_has_a_card() -> None:
    named = set(torchvision.models.list_models(module=torchvision.models))
    cards = {card.name: card for card in list_models()}
    assert {name.removeprefix("torchvision/") for name in cards if name.startswith("torchvision/")} == named
    assert {zoo.zoo_card(name).family for name in named} == set(SMALLEST)
    for name, card in cards.items():
        assert card.name == name
        assert card.parameters > 0
        assert card.classes > 1
        assert card.licence
        if card.source != "cifar":  # no weights come with those
            assert (0 if card.bundled else 0.5) < (card.accuracy or 0) <= 1
        assert card == model_card(name)


@pytest.mark.parametrize(("family", "architecture"), SMALLEST.items())
@pytest.mark.usefixtures("offline")
def test_every_family_builds_at_random_without_the_network(family: str, architecture: str) -> None:
    model = load_model(f"torchvision/{architecture}", weights=None, device="cpu")
    card = model_card(model.name)
    assert card.family == family
    sizes = {name: parameter.numel() for name, parameter in model.module.named_parameters()}
    without_auxiliary = sum(size for name, size in sizes.items() if not name.lower().startswith("aux"))
    assert card.parameters in (sum(sizes.values()), without_auxiliary)
    assert not model.module.training
    assert len(model.classes) == card.classes == 1000
    assert model.weights == "random, seed 0"


@pytest.mark.parametrize("architecture", ["googlenet", "inception_v3"])
def test_networks_with_an_input_step_of_their_own_leave_it_to_the_preprocessing_of_checkpoints(
    architecture: str,
) -> None:
    assert zoo.build(architecture).transform_input
    assert not any(build(7).transform_input for build in zoo.builders(architecture))


@pytest.mark.usefixtures("offline")
def test_random_weights_depend_on_the_seed() -> None:
    def first_weights(seed: int) -> torch.Tensor:
        return next(load_model("torchvision/squeezenet1_1", weights=None, seed=seed).module.parameters())

    before = torch.get_rng_state()
    assert torch.equal(first_weights(1), first_weights(1))
    assert not torch.equal(first_weights(1), first_weights(2))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.usefixtures("offline")
def test_a_random_network_predicts_and_records_in_its_own_input_size() -> None:
    model = load_model("torchvision/mobilenet_v3_small", weights=None, device="cpu")
    x = noise(1, 3, model.input_size, model.input_size)
    found = model.predict(x, top=3)[0]
    assert [prediction.label for prediction in found] == [
        model.classes[prediction.index] for prediction in found
    ]
    assert found[0].probability >= found[1].probability >= found[2].probability > 0
    assert record(model, x, "features")["features"].shape[1] == model.layer("features").channels


@pytest.mark.usefixtures("offline")
def test_without_internet_the_message_offers_what_there_is() -> None:
    with pytest.raises(WeightsUnavailable) as refusal:
        load_model("torchvision/resnet18", device="cpu")
    assert refusal.value.code == "offline"
    for offer in ("shapes-resnet", "checkpoint", "weights=None"):
        assert offer in str(refusal.value)


@pytest.mark.usefixtures("offline")
def test_a_damaged_download_is_removed_and_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def damaged(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("invalid hash value")

    monkeypatch.setattr(zoo, "get_model", damaged)
    path = tmp_path / "resnet18-0123abcd.pth"
    path.write_bytes(b"no weights")
    with pytest.raises(WeightsUnavailable, match="damaged") as refusal:
        load_model("torchvision/resnet18", device="cpu")
    assert refusal.value.code == "damaged"
    assert not path.exists()


@pytest.mark.usefixtures("offline")
def test_a_web_page_in_place_of_weights_is_removed_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "resnet18-0123abcd.pth"
    path.write_bytes(b"<html>log in first</html>")

    monkeypatch.setattr(zoo, "get_model", lambda *_, **__: torch.load(path, weights_only=True))
    with pytest.raises(WeightsUnavailable, match="damaged"):
        load_model("torchvision/resnet18", device="cpu")
    assert not path.exists()


def test_a_whole_download_outlives_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / f"resnet18-{hashlib.sha256(b'whole').hexdigest()[:8]}.pth"
    path.write_bytes(b"whole")

    def exhausted(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("can't allocate memory")

    monkeypatch.setattr(zoo, "_cache_path", lambda _architecture: path)
    monkeypatch.setattr(zoo, "get_model", exhausted)
    with pytest.raises(RuntimeError, match="allocate"):
        load_model("torchvision/resnet18", device="cpu")
    assert path.exists()


@pytest.mark.usefixtures("offline")
def test_a_cache_that_cannot_be_made_is_a_refusal_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(zoo, "_cache_path", lambda _architecture: tmp_path / "file" / "resnet18-0123abcd.pth")
    with pytest.raises(WeightsUnavailable):
        load_model("torchvision/resnet18", device="cpu")


@pytest.mark.parametrize("name", ["torchvision/resnet19", "resnet18", "", "torchvision/fcn_resnet50"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ModelNotFound):
        load_model(name, weights=None)


def test_a_device_this_machine_lacks_is_refused() -> None:
    assert devices()[-1] == "cpu"
    with pytest.raises(BadInput, match="cpu") as refusal:
        load_model("torchvision/squeezenet1_1", weights=None, device="tpu")
    assert refusal.value.code == "device"


@pytest.mark.parametrize("seed", [-1, 2**63])
@pytest.mark.parametrize("name", ["digits-cnn", "torchvision/squeezenet1_1"])
def test_a_seed_out_of_range_is_refused(name: str, seed: int) -> None:
    with pytest.raises(BadInput, match="Seed") as refusal:
        load_model(name, weights=None, seed=seed)
    assert refusal.value.code == "seed"


@pytest.mark.parametrize("path", ["no/such/file.pt", "a\0b.pt", "."])
def test_a_checkpoint_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        load_model("torchvision/squeezenet1_1", weights=path)
