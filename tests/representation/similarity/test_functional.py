"""Functional measures: agreement with scikit-learn and scipy, and planted errors."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from featviz import FeatvizError
from featviz.representation.similarity.functional import FUNCTIONAL, Outputs


def value(measure: str, outputs: Outputs) -> float:
    return float(FUNCTIONAL[measure].function(outputs))


def answering(
    first: list[int], second: list[int], labels: list[int] | None = None, classes: int = 4
) -> Outputs:
    codes = None if labels is None else np.array(labels)
    return Outputs(np.eye(classes)[first], np.eye(classes)[second], codes)


@pytest.fixture(scope="module")
def drawn() -> Outputs:
    random = np.random.default_rng(0)
    logits = random.normal(size=(300, 5))
    labels = random.integers(5, size=300)
    return Outputs.of_logits(3 * logits, 3 * logits + 2 * random.normal(size=(300, 5)), labels)


def test_libraries_say_the_same(drawn: Outputs) -> None:
    assert drawn.labels is not None
    assert value("agreement", drawn) == pytest.approx((drawn.answers[0] == drawn.answers[1]).mean())
    assert value("kappa", drawn) == pytest.approx(cohen_kappa_score(*drawn.answers))
    right = [each == drawn.labels for each in drawn.answers]
    assert value("error_consistency", drawn) == pytest.approx(cohen_kappa_score(*right))
    expected = jensenshannon(drawn.a, drawn.b, base=2, axis=1) ** 2
    assert drawn.divergence == pytest.approx(expected)
    assert value("jensen_shannon", drawn) == pytest.approx(expected.mean())
    np.testing.assert_array_equal(drawn.confusion("b"), confusion_matrix(drawn.labels, drawn.answers[1]))
    np.testing.assert_array_equal(drawn.cross_confusion(), confusion_matrix(*drawn.answers))


def test_planted_errors_are_read_off() -> None:
    outputs = answering([0, 0, 1, 1, 2, 3], [0, 1, 1, 2, 2, 3], [0, 1, 1, 0, 0, -1])
    np.testing.assert_array_equal(outputs.errors[0], [False, True, False, True, True, False])
    np.testing.assert_array_equal(outputs.errors[1], [False, False, False, True, True, False])
    assert value("error_overlap", outputs) == pytest.approx(2 / 3)
    assert value("agreement", outputs) == pytest.approx(4 / 6)
    assert outputs.disagreement_by_class() == pytest.approx([1 / 3, 1 / 2, np.nan, np.nan], nan_ok=True)
    assert outputs.confusion("a").sum() == 5


def test_without_labels_classes_are_what_the_first_network_answers() -> None:
    outputs = answering([0, 0, 1], [0, 1, 1])
    assert outputs.disagreement_by_class() == pytest.approx([1 / 2, 0, np.nan, np.nan], nan_ok=True)
    assert not outputs.confusion("a").any()
    for measure in ("error_overlap", "error_consistency"):
        with pytest.raises(FeatvizError, match="no image has a label"):
            value(measure, outputs)


def test_the_ends_of_each_range() -> None:
    measures = ("agreement", "kappa", "jensen_shannon", "error_overlap")
    same, apart = answering([0, 1, 2], [0, 1, 2], [0, 1, 1]), answering([0, 1, 2], [1, 2, 0], [0, 1, 2])
    assert [value(each, same) for each in measures] == pytest.approx([1, 1, 0, 1])
    assert [value(each, apart) for each in measures] == pytest.approx([0, -0.5, 1, 0])
    with pytest.raises(FeatvizError, match="always do the same"):
        value("kappa", answering([1, 1], [1, 1]))
    with pytest.raises(FeatvizError, match="neither network errs"):
        value("error_overlap", answering([1, 2], [1, 2], [1, 2]))


def test_independent_errors_are_consistent_by_0() -> None:
    random = np.random.default_rng(0)
    labels = np.zeros(20_000, np.int64)
    first, second = (np.where(random.random(20_000) < rate, 1, 0) for rate in (0.1, 0.3))
    assert abs(value("error_consistency", answering(list(first), list(second), list(labels), 2))) < 0.02


@pytest.mark.parametrize(
    ("first", "second", "labels", "said"),
    [
        (np.eye(3), np.eye(4)[:3], None, "the same classes"),
        (np.eye(3), np.eye(3) * 2, None, "no probabilities"),
        (np.eye(3), np.eye(3), [0, 1, 3], "from -1 to 2"),
        (np.eye(3), np.eye(3), [0, 1], "3 images"),
    ],
)
def test_what_does_not_fit_is_refused(
    first: np.ndarray, second: np.ndarray, labels: list[int], said: str
) -> None:
    with pytest.raises(FeatvizError, match=said):
        Outputs(first, second, None if labels is None else np.array(labels))


def test_logits_that_are_not_finite_are_refused() -> None:
    with pytest.raises(FeatvizError, match="finite"):
        Outputs.of_logits([[np.nan, 1.0]], [[0.0, 1.0]])
    large = Outputs.of_logits([[1e300, -1e300]], [[0.0, 1e4]])
    assert value("jensen_shannon", large) == pytest.approx(1)
