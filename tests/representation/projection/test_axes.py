"""Axes one chooses, by hand; the discriminant against scikit-learn's."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.projection import project


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, list[str]]:
    data = load_digits()
    return data.data.astype(np.float32), [str(each) for each in data.target]


def test_centroids_by_hand() -> None:
    x = np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 4], [2, 3, 4], [9, 9, 9]])
    vectors = Embeddings(vectors=x, ids=list("abcde"), labels=("cat", "cat", "dog", "dog", None))
    map_ = project(vectors, "centroids", left="cat", right="dog")
    along = (x - x.mean(0)) @ [0, 0.6, 0.8]
    np.testing.assert_allclose(map_.points[:, 0], along, atol=1e-5)
    rest = (x - x.mean(0)) - along[:, None] * [0, 0.6, 0.8]
    first = np.linalg.svd(rest)[2][0]
    np.testing.assert_allclose(map_.points[:, 1], rest @ first * np.sign(first[0]), atol=1e-5)
    assert map_.about["axes"] == ["From cat to dog", "Component 1 of the rest"]


def test_two_pairs_of_centroids_and_the_angle_between_them() -> None:
    x = np.array([[0.0, 0], [4, 0], [0, 0], [3, 3]])
    map_ = project(
        x, "centroids", labels=["a", "b", "c", "d"], left="a", right="b", bottom="c", top="d", dimensions=3
    )
    centered = x - x.mean(0)
    np.testing.assert_allclose(map_.points[:, 0], centered[:, 0], atol=1e-6)
    np.testing.assert_allclose(map_.points[:, 1], centered.sum(1) / np.sqrt(2), atol=1e-6)
    np.testing.assert_allclose(map_.points[:, 2], 0, atol=1e-6)
    assert map_.about["cosine_between_axes"] == pytest.approx(np.sqrt(0.5))


def test_the_most_frequent_classes_are_taken_first() -> None:
    map_ = project(np.eye(6), "centroids", labels=list("zbbbaa"))
    assert map_.about["axes"][0] == "From b to a"
    assert project(np.eye(6), "centroids", labels=list("zbbbaa"), right="b").about["axes"][0] == "From a to b"


def test_units_are_the_numbers_themselves(digits: tuple[np.ndarray, list[str]]) -> None:
    x, _ = digits
    np.testing.assert_array_equal(project(x, "units", x=20, y=43).points, x[:, [20, 43]])
    np.testing.assert_array_equal(project(x, "units", x=5, y=5, z=1, dimensions=3).points, x[:, [5, 5, 1]])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_discriminant_is_scikit_learns(digits: tuple[np.ndarray, list[str]], dimensions: int) -> None:
    x, labels = digits
    theirs = LinearDiscriminantAnalysis(n_components=dimensions).fit(x, labels).transform(x)
    ours = project(x, "discriminant", labels=labels, dimensions=dimensions).points
    signs = np.sign((theirs * ours).sum(0))
    np.testing.assert_allclose(ours, theirs * signs - (theirs * signs - ours).mean(0), atol=2e-3)


def test_two_classes_have_one_discriminant(digits: tuple[np.ndarray, list[str]]) -> None:
    x, labels = digits
    two = np.isin(labels, ["3", "8"])
    map_ = project(x[two], "discriminant", labels=np.array(labels)[two])
    assert map_.about["axes"] == ["Discriminant 1", "Component 1 of the rest"]
    theirs = LinearDiscriminantAnalysis().fit(x[two], np.array(labels)[two]).transform(x[two])[:, 0]
    assert abs(np.corrcoef(theirs, map_.points[:, 0])[0, 1]) > 0.99999


def test_few_images_for_many_dimensions_are_said_and_shrinkage_helps_new_ones() -> None:
    labels = ["a", "b"] * 30
    x, new = np.random.default_rng(2).normal(size=(2, 60, 50)) + np.array([0, 1] * 30)[:, None] * (
        [3] + [0] * 49
    )

    def gap(points: np.ndarray) -> float:
        first = points[:, 0]
        return abs(first[::2].mean() - first[1::2].mean()) / (first[::2].std() + first[1::2].std())

    plain = project(x, "discriminant", labels=labels)
    shrunk = project(x, "discriminant", labels=labels, shrinkage=0.5)
    assert "60 images in 50 dimensions" in plain.about["notes"][0]
    assert gap(plain.transform(new)) < 0.5 * gap(plain.points)
    assert gap(shrunk.transform(new)) > 1.3 * gap(plain.transform(new))


def test_the_probe_is_a_logistic_regression(digits: tuple[np.ndarray, list[str]]) -> None:
    x, labels = digits
    map_ = project(x, "probe", labels=labels, target="3")
    scaled = (x - x.mean(0)) / np.sqrt(np.square(x - x.mean(0)).mean())
    theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=2000).fit(scaled, np.array(labels) == "3")
    direction = theirs.coef_[0] / np.linalg.norm(theirs.coef_)
    assert direction @ map_.placement.axes[:, 0] > 0.999
    assert map_.about["accuracy_where_fitted"] == pytest.approx(
        theirs.score(scaled, np.array(labels) == "3"), abs=0.002
    )


@pytest.mark.parametrize("method", ["centroids", "discriminant", "probe"])
def test_images_without_labels_are_placed_but_not_fitted_to(method: str) -> None:
    x = np.random.default_rng(0).normal(size=(60, 5)) + np.repeat([[0], [3]], 30, 0)
    labels: list[str | None] = ["a"] * 30 + ["b"] * 30
    map_ = project(x, method, labels=labels)
    odd = np.concatenate([x, [[50, 50, 50, 50, -99]]])
    with_odd = project(odd, method, labels=[*labels, None])
    np.testing.assert_allclose(with_odd.placement.axes[:, 0], map_.placement.axes[:, 0], atol=1e-5)
    assert len(with_odd.points) == 61


@pytest.mark.parametrize(
    ("method", "labels", "options", "words"),
    [
        ("centroids", None, {}, "at least 2 classes, and there are 0"),
        ("centroids", ["a"] * 4, {}, "at least 2 classes, and there are 1"),
        (
            "centroids",
            ["a", "b", "a", "b"],
            {"left": "cow"},
            "No image is of the class 'cow': there are a, b",
        ),
        ("centroids", ["a", "b", "a", "b"], {"left": "a", "right": "a"}, "coincide"),
        ("discriminant", None, {}, "at least 2 classes"),
        ("discriminant", ["a", "a", "b", "b"], {}, "no scatter"),
        ("probe", ["a"] * 4, {}, "at least 2 classes"),
        ("probe", ["a", "b", "b", "a"], {}, "No direction tells"),
        ("units", None, {"y": 2}, "Unit 2 was asked for, and the vectors have 2 units"),
        ("probe", ["a"], {}, "1 labels came for 4 vectors"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(
    method: str, labels: list[str] | None, options: dict[str, object], words: str
) -> None:
    x = np.array([[0.0, 1], [0, 1], [2, 5], [2, 5]])
    with pytest.raises(BadInput, match=words):
        project(x, method, labels=labels, **options)
