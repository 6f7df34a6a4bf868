"""Corrupted images and what their features keep of the originals."""

import io

import numpy as np
import pytest
from PIL import Image

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.models.sources.load import load_model
from featviz.representation.extraction.extract import embed
from featviz.representation.quality import corrupt, report
from featviz.representation.quality.corruptions import CORRUPTIONS, corrupted_set
from featviz.store.store import Store
from tests.representation.quality.features import embeddings, noise

PHOTOS = ImageSet.bundled("photos")


def values(image):
    return np.asarray(image, np.float64)


@pytest.mark.parametrize("disturbance", [method.id for method in CORRUPTIONS])
def test_a_picture_is_farther_from_itself_with_every_severity_and_the_same_each_time(disturbance):
    given = values(PHOTOS[0].image)
    sets = [corrupted_set(PHOTOS, disturbance, severity, seed=1) for severity in range(1, 6)]
    distances = [np.abs(values(each[0].image) - given).mean() for each in sets]
    assert distances == sorted(distances) and distances[0] > 0.5
    assert np.array_equal(values(sets[2][1].image), values(sets[2][1].image))
    assert sets[0][0].id == PHOTOS[0].id and sets[0][0].image.size == PHOTOS[0].image.size
    assert sets[0].digest(0) not in (PHOTOS.digest(0), sets[1].digest(0))


def test_each_disturbance_does_what_it_says():
    gray = Image.new("RGB", (60, 60), (128, 128, 128))
    rng = np.random.default_rng(0)
    assert values(CORRUPTIONS["noise"].function(gray, rng, severity=1)).std() / 255 == pytest.approx(
        0.08, rel=0.03
    )
    for severity, deviation in ((1, 0.01), (3, 0.05), (5, 0.1)):
        noisy = values(CORRUPTIONS["weak_noise"].function(gray, rng, severity=severity))
        assert noisy.std() / 255 == pytest.approx(deviation, rel=0.03)
    photo = PHOTOS[1].image
    flat = values(CORRUPTIONS["contrast"].function(photo, rng, severity=3))
    assert flat.std((0, 1)) == pytest.approx(0.2 * values(photo).std((0, 1)), rel=0.02)
    assert flat.mean((0, 1)) == pytest.approx(values(photo).mean((0, 1)), abs=0.5)
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=15)
    assert np.array_equal(
        values(CORRUPTIONS["jpeg"].function(photo, rng, severity=3)), values(Image.open(file))
    )


def test_unknown_disturbances_and_severities_are_refused():
    with pytest.raises(BadInput, match="jpeg"):
        corrupted_set(PHOTOS, "rain", 1)
    with pytest.raises(BadInput, match="severity"):
        corrupted_set(PHOTOS, "noise", 6)


def test_stability_is_the_mean_cosine_with_the_undisturbed_features():
    given = embeddings([[1, 0], [0, 1], [1, 1]])
    turned = embeddings([[1, 1], [1, 0], [2, 2]])  # cosines 0.707, 0, 1
    same = embeddings(3 * given.vectors)
    found = report(given, measures=["feature_stability"], disturbed={("noise", 1): turned, ("blur", 5): same})
    reading = found["feature_stability"]
    assert reading.details["Gaussian noise 1"] == pytest.approx((0.5**0.5 + 0 + 1) / 3, abs=1e-6)
    assert reading.value == pytest.approx(((0.5**0.5 + 1) / 3 + 1) / 2, abs=1e-6)
    assert "Gaussian noise lowers it most" in reading.sentence


def test_images_are_matched_by_id():
    given = noise(30)
    changed = given.subset([20, 3, 11])
    reading = report(given, measures=["feature_stability"], disturbed={("jpeg", 1): changed})[
        "feature_stability"
    ]
    assert reading.value == pytest.approx(1) and reading.count == 3
    assert abs(reading.baseline) < 0.1


def test_a_network_is_asked_about_every_disturbance_and_layer():
    model, shapes = load_model("shapes-resnet"), ImageSet.bundled("shapes").subset(range(6))
    layers = [model.layers[2].name, model.layers[-1].name]
    *before, last = corrupt(model, shapes, layers, severities=(1, 5), store=Store(None))
    assert last.done == last.total == 6 * 2 * len(CORRUPTIONS)
    assert [step.done for step in before] == sorted(step.done for step in before)
    assert set(last.result) == set(layers)
    for layer in layers:
        plain = embed(model, shapes, layer, store=Store(None))
        reading = report(plain, measures=["feature_stability"], disturbed=last.result[layer])[
            "feature_stability"
        ]
        assert len(reading.details) == 2 * len(CORRUPTIONS)
        assert reading.details["Gaussian noise 5"] < reading.details["Gaussian noise 1"] < 1
