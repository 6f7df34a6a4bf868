"""A trained network's last features know the classes as well as the network does."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from torchvision.transforms.functional import normalize, to_tensor

from featviz.data.sets.image_set import ImageSet
from featviz.models.wrapping import wrap_model
from featviz.representation.extraction.extract import stream
from featviz.representation.extraction.feature_layer import feature_layer
from featviz.representation.quality import report
from featviz.store.store import Store

DATA = Path(__file__).parents[4] / "shared" / "data"
WEIGHTS = DATA / "weights" / "cifar10_resnet20.safetensors"
JPEGS = DATA / "images" / "cifar10_test_2000.zip"


def resnet20():
    spec = importlib.util.spec_from_file_location("cifar_resnet", DATA / "definitions" / "cifar_resnet.py")
    definition = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(definition)
    module = definition.CifarResNet(20)
    module.load_state_dict(load_file(WEIGHTS))
    return wrap_model(
        module.eval(),
        name="resnet20",
        transform=lambda image: normalize(to_tensor(image), definition.MEAN, definition.STD),
        classes=definition.CLASSES,
        input_size=32,
    )


@pytest.mark.skipif(
    not (WEIGHTS.exists() and JPEGS.exists()), reason="the trained weights to check against are not here"
)
def test_neighbors_and_a_probe_name_cifar_as_well_as_the_network_itself():
    model = resnet20()
    layer, answers = feature_layer(model), model.layers[-1].name
    *_, last = stream(model, ImageSet.from_zip(JPEGS), (layer, answers), store=Store(None))
    named = last.result[answers].vectors.argmax(1)
    features = last.result[layer]
    accuracy = np.mean(
        [model.classes[index] == label for index, label in zip(named, features.labels, strict=True)]
    )
    card = report(features, measures=["knn_accuracy", "linear_probe"])
    assert 0.75 < accuracy < 0.85
    assert card["knn_accuracy"].count == 2000
    assert card["knn_accuracy"].value == pytest.approx(accuracy, abs=0.03)
    assert card["linear_probe"].value == pytest.approx(accuracy, abs=0.03)
