"""Whatever comes, every measure gives a number or a reason."""

import math

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.representation.quality import MEASURES, report, steps
from tests.representation.quality.features import blobs, embeddings, noise

DEGENERATE = {
    **{f"{count} images": (noise(8).vectors[:count], "abcab"[:count]) for count in range(6)},
    "equal images": (np.ones((30, 4)), "ab" * 15),
    "zeros": (np.zeros((30, 4)), "ab" * 15),
    "duplicates": (np.repeat(noise(5, dimensions=4).vectors, 6, axis=0), "ab" * 15),
    "one class": (noise(30).vectors, "a" * 30),
    "no labels": (noise(30).vectors, ()),
    "every class with one member": (noise(30).vectors, [str(each) for each in range(30)]),
    "one unit": (noise(30, dimensions=1).vectors, "ab" * 15),
    "huge": (noise(30).vectors * 1e37, "ab" * 15),
    "tiny": (noise(30).vectors * 1e-37, "ab" * 15),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_every_measure_gives_a_number_or_a_reason(case):
    vectors, labels = DEGENERATE[case]
    card = report(
        embeddings(np.asarray(vectors, np.float32).reshape(len(vectors), -1 if len(vectors) else 4), labels)
    )
    assert list(card.measurements) == [method.id for method in MEASURES]
    for reading in card.measurements.values():
        if reading.value is None:
            assert reading.sentence.startswith("Cannot be said: ") and reading.sentence.endswith(".")
        else:
            assert math.isfinite(reading.value) and math.isfinite(reading.baseline)
            assert "nan" not in reading.sentence and "inf " not in reading.sentence


def undefined(case):
    vectors, labels = DEGENERATE[case]
    measurements = report(embeddings(vectors, labels)).measurements
    return {name for name, reading in measurements.items() if reading.value is None}


OF_CLASSES = {
    "knn_accuracy",
    "linear_probe",
    "silhouette",
    "intra_class_distance",
    "inter_class_distance",
    "distance_ratio",
    "alignment",
}


@pytest.mark.parametrize("case", ["one class", "no labels", "every class with one member"])
def test_without_classes_only_what_needs_them_is_left_open(case):
    assert undefined(case) == OF_CLASSES | {"feature_stability"}


def test_values_that_are_no_numbers_are_refused_before_anything_is_measured():
    with pytest.raises(BadInput, match="not finite"):
        report(embeddings([[1.0, np.nan], [0.0, 1.0]]))


def test_a_measure_that_is_not_there_is_refused_by_the_call():
    with pytest.raises(BadInput, match="knn_accuracy"):
        steps(blobs(), measures=["beauty"])


def test_the_card_grows_measure_by_measure():
    seen = list(steps(blobs(40), measures=["dead_units", "silhouette"]))
    assert [(each.done, each.total, each.note) for each in seen] == [
        (0, 2, "Constant features"),
        (1, 2, "Silhouette"),
        (2, 2, ""),
    ]
    assert [list(each.result.measurements) for each in seen] == [
        [],
        ["dead_units"],
        ["dead_units", "silhouette"],
    ]


def test_every_measure_says_what_is_good_and_what_it_is_held_against():
    for reading in report(blobs()).measurements.values():
        if reading.value is not None:
            assert reading.baseline_name and reading.count == 120
    for method in MEASURES:
        assert method.reference and "Cost:" in method.function.__doc__


def test_the_old_name_of_the_measurements_is_read_with_a_warning() -> None:
    card = report(blobs(), measures=["silhouette"])
    with pytest.warns(DeprecationWarning, match="measurements"):
        assert card.readings is card.measurements


def test_the_old_name_of_the_limit_is_read_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="max_images"):
        old = report(blobs(), measures=["silhouette"], most=10)  # type: ignore[call-arg]
    assert (
        old["silhouette"].count
        == report(blobs(), measures=["silhouette"], max_images=10)["silhouette"].count
        == 10
    )
