"""Points keep what belongs together, and what is taken away from a map can be read again."""

import csv
import io
import json

import numpy as np
import pytest

from featviz.representation.embeddings import Embeddings
from featviz.representation.import_embeddings import read_embeddings
from featviz.ui.pages.embeddings.files import to_csv, to_npz
from featviz.ui.pages.embeddings.points import Points, sampled
from featviz.ui.state.image_sets import ChosenSet


def points_of(count=6, **given):
    vectors = np.arange(count * 3, dtype=np.float32).reshape(count, 3)
    labels = tuple("ab"[row % 2] for row in range(count))
    embeddings = Embeddings(vectors, tuple(f"set/{row}" for row in range(count)), labels)
    return Points(embeddings, ChosenSet("set", "Set", None, embeddings), ("set",), count, **given)


PLACES = np.array([[row, -row] for row in range(6)], np.float32) / 3
ANSWERED = {
    "predictions": ("a", "a", "a", "b", None, "b"),
    "confidence": np.linspace(0.5, 1, 6, dtype=np.float32),
    "facts": {"texture": ("dotted", None, "plain", "plain", "plain", "plain")},
}


def test_counts_name_the_labels_and_how_many_there_are_at_all():
    assert points_of().counts([0, 1, 2]) == [("a", 2, 3), ("b", 1, 3)]


def test_a_sample_keeps_everything_with_its_point():
    large = points_of(100, predictions=tuple(str(row) for row in range(100)))
    small = sampled(large, 10, seed=3)
    assert len(small) == 10
    assert small.total == 100
    for row, place in enumerate(map(int, small.predictions)):
        assert small.embeddings.ids[row] == f"set/{place}"
        assert np.array_equal(small.vectors[row], large.vectors[place])
        assert small.chosen.embeddings.ids[row] == f"set/{place}"
    assert list(map(int, small.predictions)) == sorted(map(int, small.predictions))
    assert sampled(large, 10, seed=3).predictions == small.predictions
    assert sampled(large, 10, seed=4).predictions != small.predictions
    assert sampled(large, 10, seed=3).key == small.key != sampled(large, 10, seed=4).key
    assert sampled(large, 100) is large


def test_captions_and_facts_say_what_is_known_and_nothing_else():
    points = points_of(**ANSWERED)
    assert points.captions[0] == "a\nseen as a, 50%\nset/0"
    assert points.captions[4] == "a\nset/4"
    assert points.about(0) == {"Texture": "dotted", "Image": "set/0", "Prediction": "a, 50%"}
    assert "Texture" not in points.about(1)


def test_the_table_has_the_selected_rows_alone():
    rows = np.array([4, 1])
    table = list(csv.DictReader(io.StringIO(to_csv(points_of(**ANSWERED), PLACES, rows).decode())))
    assert [row["id"] for row in table] == ["set/4", "set/1"]
    assert [row["prediction"] for row in table] == ["", "a"]
    assert [float(row["y"]) for row in table] == pytest.approx([-4 / 3, -1 / 3], rel=1e-5)


def test_the_table_holds_no_formulas():
    ids = ("=1+1", "@x", "-2", "fine")
    embeddings = Embeddings(np.eye(4), ids, ("+a", "b", None, "c"))
    points = Points(embeddings, ChosenSet("set", "Set", None, embeddings), (), 4)
    table = list(csv.reader(io.StringIO(to_csv(points, np.zeros((4, 3))).decode())))
    assert table[0] == ["id", "label", "x", "y", "z"]
    assert [row[0] for row in table[1:]] == ["'=1+1", "'@x", "-2", "fine"]
    assert table[1][1] == "'+a"


def test_the_arrays_are_embeddings_that_can_be_brought_again():
    data = to_npz(points_of(**ANSWERED), PLACES, {"method": "tsne", "seed": 3}, np.array([5, 2]))
    again = read_embeddings(data)
    assert again.ids == ("set/5", "set/2")
    assert again.labels == ("b", "a")
    assert np.array_equal(again.vectors, points_of().vectors[[5, 2]])
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        assert np.array_equal(arrays["points"], PLACES[[5, 2]])
        assert json.loads(str(arrays["about"])) == {"method": "tsne", "seed": 3}
