"""Classes read off the features: the same hits as scikit-learn's, chance where there is nothing to read."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneOut, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from featviz.representation.quality import report
from featviz.representation.quality.features import Features
from featviz.representation.quality.prediction import knn_accuracy, linear_probe
from tests.representation.quality.features import blobs, embeddings, noise


@pytest.mark.parametrize("k", [1, 10])
@pytest.mark.parametrize("apart", [0.3, 1])
def test_knn_leave_one_out_is_scikit_learns(k, apart):
    given = blobs(80, apart=apart)
    expected = cross_val_score(KNeighborsClassifier(k), given.vectors, given.labels, cv=LeaveOneOut()).mean()
    assert knn_accuracy(Features(given), k=k).value == pytest.approx(expected)


def test_the_probe_is_scikit_learns():
    given = blobs(150, apart=0.4)
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    parts = StratifiedKFold(5, shuffle=True, random_state=3)
    expected = cross_val_score(probe, given.vectors.astype(float), given.labels, cv=parts).mean()
    found = linear_probe(Features(given, seed=3), regularisation=10.0)
    assert 0.4 < expected < 0.95
    assert found.value == pytest.approx(expected)


@pytest.mark.parametrize("measure", ["knn_accuracy", "linear_probe"])
def test_random_features_are_at_chance_level(measure):
    low, high = report(noise(), measures=[measure])[measure].interval
    assert low <= 0.25 <= high


@pytest.mark.parametrize("measure", ["knn_accuracy", "linear_probe"])
def test_classes_that_lie_apart_are_named(measure):
    found = report(blobs(apart=4), measures=[measure])[measure]
    assert found.value == 1
    assert found.interval[1] == 1 and found.interval[0] > 0.9
    assert found.baseline < 0.4


def test_what_is_linearly_hidden_is_found_by_neighbors_alone():
    generator = np.random.default_rng(0)
    angle = generator.uniform(0, 2 * np.pi, 200)
    radius = np.repeat([1.0, 3.0], 100)
    rings = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    card = report(embeddings(rings, ["in"] * 100 + ["out"] * 100))
    assert card["knn_accuracy"].value == 1
    assert card["linear_probe"].value < 0.65


def test_rare_classes_are_left_out_of_the_probe_and_named_so():
    given = blobs(82)
    labels = ["rare", "rare", *given.labels[2:]]
    found = report(embeddings(given.vectors, labels), measures=["linear_probe"])["linear_probe"]
    assert found.count == 80
    assert "fewer than 5 images: 1 of 5 classes" in found.sentence


def test_the_same_seed_gives_the_same_numbers():
    given = blobs(300, apart=0.5)
    measures = ["knn_accuracy", "linear_probe", "silhouette", "uniformity", "effective_rank"]

    def numbers(seed):
        card = report(given, measures=measures, max_images=100, seed=seed)
        return [(card[name].value, card[name].baseline) for name in measures]

    assert numbers(5) == numbers(5) != numbers(6)


def test_classes_too_small_to_win_the_vote_are_said_to_be():
    found = report(blobs(60, classes=20, apart=5), measures=["knn_accuracy"])["knn_accuracy"]
    assert "3.0 images on average" in found.sentence
    assert "on average" not in report(blobs(), measures=["knn_accuracy"])["knn_accuracy"].sentence
