"""Distances within and between classes, against scikit-learn and a square worked by hand."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from featviz.representation.quality import report
from tests.representation.quality.features import blobs, embeddings, noise

DISTANCES = ("silhouette", "intra_class_distance", "inter_class_distance", "distance_ratio")


@pytest.mark.parametrize("apart", [0.2, 1, 3])
def test_silhouette_is_scikit_learns(apart):
    given = blobs(apart=apart)
    expected = silhouette_score(given.vectors.astype(float), given.labels)
    assert report(given)["silhouette"].value == pytest.approx(expected, abs=1e-9)


def test_silhouette_with_an_image_alone_in_its_class_is_scikit_learns():
    given = blobs(41)
    labels = ["alone", *given.labels[1:]]
    expected = silhouette_score(given.vectors.astype(float), labels)
    found = report(embeddings(given.vectors, labels), measures=["silhouette"])["silhouette"]
    assert found.value == pytest.approx(expected, abs=1e-9)


def test_two_pairs_on_a_rectangle():
    # Two classes on the short sides of a rectangle of 3 by 4: within 3, between 4 and the diagonal 5.
    card = report(embeddings([[0, 0], [0, 3], [4, 0], [4, 3]], "aabb"), measures=DISTANCES)
    assert card["intra_class_distance"].value == pytest.approx(3)
    assert card["inter_class_distance"].value == pytest.approx(4.5)
    assert card["distance_ratio"].value == pytest.approx(2 / 3)
    assert card["silhouette"].value == pytest.approx((4.5 - 3) / 4.5)


def test_classes_that_lie_apart_beat_shuffled_labels_and_noise_does_not():
    good, random = report(blobs(apart=4), measures=DISTANCES), report(noise(), measures=DISTANCES)
    assert good["silhouette"].value > good["silhouette"].baseline + 0.3
    assert good["distance_ratio"].value < 0.7
    assert good["distance_ratio"].baseline == pytest.approx(1, abs=0.05)
    assert random["silhouette"].value == pytest.approx(random["silhouette"].baseline, abs=0.02)
    assert random["distance_ratio"].value == pytest.approx(1, abs=0.01)


def test_a_sample_comes_near_the_whole():
    given = blobs(400)
    whole, sample = (
        report(given, measures=DISTANCES),
        report(given, measures=DISTANCES, max_images=200, seed=1),
    )
    for name in DISTANCES:
        assert sample[name].count == 200
        assert sample[name].value == pytest.approx(whole[name].value, rel=0.05)
        assert sample[name].value != whole[name].value


def test_images_without_a_label_do_not_count():
    given = blobs(60)
    vectors = np.concatenate([given.vectors, 100 + given.vectors[:5]])
    with_strangers = report(embeddings(vectors, [*given.labels, *[None] * 5]), measures=DISTANCES)
    alone = report(given, measures=DISTANCES)
    for name in DISTANCES:
        assert with_strangers[name].value == pytest.approx(alone[name].value)
