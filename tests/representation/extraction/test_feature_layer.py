"""The layer a classifier reads, the one that answers, and how an output becomes one vector."""

from dataclasses import replace
from functools import partial

import pytest
from torch import nn
from torchvision.models import VisionTransformer, get_model_builder

from featviz.models.sources.load import load_model
from featviz.representation.extraction.feature_layer import (
    available_poolings,
    default_pooling,
    dimensions,
    feature_layer,
    logits_layer,
    with_logits,
)
from tests.representation.sets import Counting, counting
from tests.toys import seeded, wrapped


@pytest.mark.parametrize(
    ("name", "layer", "pool", "answering"),
    [
        ("shapes-resnet", "pool", "mean", "head"),
        ("shapes-vit", "norm", "class_token", "head"),
        ("digits-cnn", "flatten", "mean", "head"),
        ("torchvision/resnet18", "avgpool", "mean", "fc"),
        ("torchvision/squeezenet1_1", "features", "mean", "classifier"),
        ("torchvision/mobilenet_v3_small", "classifier.1", "mean", "classifier"),
    ],
)
def test_the_layer_a_classifier_reads(name: str, layer: str, pool: str, answering: str) -> None:
    model = load_model(name, weights=None)
    assert feature_layer(model) == layer
    assert default_pooling(model.layer(layer)) == pool
    assert logits_layer(model) == answering
    assert with_logits(model, {layer: pool}) == {answering: "mean", layer: pool}
    assert with_logits(model, {answering: "max"}) == {answering: "max"}


def test_poolings_that_suit_and_the_numbers_they_give() -> None:
    vit, resnet = load_model("shapes-vit", weights=None), load_model("shapes-resnet", weights=None)
    tokens, maps, one = vit.layer("norm"), resnet.layer("stage3"), resnet.layer("pool")
    assert available_poolings(tokens) == ("mean", "max", "flatten", "class_token", "grid")
    assert available_poolings(maps) == ("mean", "max", "flatten", "grid")
    assert available_poolings(one) == ("mean",)
    assert [dimensions(maps, pool) for pool in available_poolings(maps)] == [96, 96, 96 * 64, 96 * 4]
    assert dimensions(maps, "grid", side=3) == 96 * 9


def test_a_last_layer_that_does_not_output_the_logits_does_not_answer() -> None:
    class Altered(Counting):
        def forward(self, x):
            return super().forward(x).flip(1)

    model, _ = counting(kind=Altered)
    assert logits_layer(model) == ""
    assert with_logits(model, {"second": "mean"}) == {"second": "mean"}


class Headless(nn.Module):
    """A vision transformer that ends in a normalization, and, where asked, in a pooler of the same width."""

    def __init__(self, *, pooler: bool) -> None:
        super().__init__()
        self.vit = VisionTransformer(32, 8, 2, 2, 24, 96, num_classes=5)
        self.vit.heads = nn.Sequential(nn.Linear(24, 24), nn.Tanh()) if pooler else nn.Identity()

    def forward(self, x):
        return self.vit(x)


class Autoencoder(nn.Module):
    """Thirty-two numbers between an encoder and a decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(768, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU()
        )
        self.decoder = nn.Sequential(
            nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 768), nn.Unflatten(1, (3, 16, 16))
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Narrow(nn.Module):
    """As many channels as classes in every layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 5, 3), nn.MaxPool2d(2)
        self.head = nn.Linear(5 * 49, 5)

    def forward(self, x):
        return self.head(self.pool(self.conv(x)).flatten(1))


def headless_resnet():
    module = get_model_builder("resnet18")(weights=None)
    module.fc = nn.Identity()
    return module


@pytest.mark.parametrize(
    ("make", "size", "layer", "pool", "count"),
    [
        (partial(Headless, pooler=False), 32, "vit", "mean", 24),
        (partial(Headless, pooler=True), 32, "vit", "mean", 24),
        (headless_resnet, 64, "avgpool", "mean", 512),
        (Autoencoder, 16, "encoder", "mean", 32),
        (Narrow, 16, "pool", "mean", 5),
    ],
)
def test_without_a_head_the_representation_is_taken(make, size, layer, pool, count) -> None:
    model = wrapped(seeded(make), size)
    assert feature_layer(model) == layer
    assert (default_pooling(model.layer(layer)), dimensions(model.layer(layer), pool)) == (pool, count)


def test_declared_outputs_are_believed() -> None:
    model = wrapped(seeded(Narrow))
    assert feature_layer(replace(model, declared_outputs="embedding")) == "head"
