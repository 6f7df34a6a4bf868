"""The layer a classifier reads, the one that answers, and how an output becomes one vector."""

import pytest

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
