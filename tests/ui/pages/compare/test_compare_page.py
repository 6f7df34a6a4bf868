"""The Compare models page: it opens alone, says what chance gives, keeps its pair in the link, refuses in words."""

import csv
import io
import json
import time
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import featviz
from featviz.data.sets.image_set import ImageSet
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.feature_layer import logits_layer
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.files import to_csv, to_npz
from featviz.ui.pages.compare.matrix_view import could_be_chance, range_of
from featviz.ui.pages.compare.methods import methods_paragraph
from featviz.ui.pages.compare.request import layers_of, sample_of
from featviz.ui.pages.compare.summary import health
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said

PAGE = "compare"
QUICK = {"model": "digits-cnn", "set": "digits"}


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Sixty digits stand for all of them, another set in each test, and nothing runs on."""
    show(monkeypatch, ImageSet.bundled("digits", 60), f"digits 60 {request.node.name}")
    yield
    end_all()
    FEATURES.clear()


@pytest.fixture(scope="module")
def matrix() -> featviz.SimilarityMatrix:
    model, other = featviz.load_model("digits-cnn"), featviz.load_model("digits-cnn", weights="random")
    return featviz.compare(model, other, ImageSet.bundled("digits", 60))


def show(monkeypatch: pytest.MonkeyPatch, images: ImageSet, content: str) -> None:
    chosen = ChosenSet("digits", "Digits", images, content=content)
    monkeypatch.setattr("featviz.ui.inputs.image_set.open_bundled_set", lambda *_: chosen)


def finished(app: AppTest, patience: float = 120) -> AppTest:
    """The page when all its work is done."""
    until = time.monotonic() + patience
    while any(button.label == "Stop" for button in app.button) and time.monotonic() < until:
        time.sleep(0.3)
        app.run()
    return app.run()


def test_the_page_opens_with_the_untrained_network_beside_and_a_pair_of_layers() -> None:
    app = finished(open_page(PAGE, **QUICK))
    assert_sound(app)
    assert not app.error
    assert app.selectbox(key="second").value == "digits-cnn@random"
    assert app.metric[0].label == "Linear CKA, debiased"
    words = said(app)
    assert "**digits-cnn**, trained · **digits-cnn**, :orange[random weights] · " in words
    assert "200 random pairings of the images give" in words
    assert "60 images for vectors of" in words and "n/p = " in words
    assert "The biased estimate of the same is" in words


def test_a_link_names_the_pair_and_a_choice_changes_it() -> None:
    app = finished(open_page(PAGE, **QUICK, row="conv2", column="conv1"))
    assert [app.selectbox(key=f"{name}.chosen").value for name in ("row", "column")] == ["conv2", "conv1"]
    first = app.metric[0].value
    app.selectbox(key="column.chosen").set_value("conv3").run()
    assert_sound(app)
    assert app.session_state["column"] == "conv3" and app.session_state["row"] == "conv2"
    assert app.metric[0].value != first


def test_a_network_with_itself_is_alike_on_the_diagonal() -> None:
    link = {"second": "digits-cnn@trained", "row": "conv2", "column": "conv2"}
    app = finished(open_page(PAGE, **QUICK, **link))
    assert_sound(app)
    assert app.metric[0].value == "1.00"
    assert "Not chance" in said(app)


def test_vectors_without_images_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    brought = ChosenSet("upload/x", "mine.npz", None, Embeddings(vectors, tuple(map(str, range(50)))), "x")
    monkeypatch.setattr("featviz.ui.inputs.image_set.open_bundled_set", lambda *_: brought)
    app = open_page(PAGE)
    assert_sound(app)
    assert "These vectors came without images" in app.info[0].value


def test_too_few_images_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    show(monkeypatch, ImageSet.bundled("digits", 60).subset([0]), request.node.name)
    app = finished(open_page(PAGE, **QUICK))
    assert_sound(app)
    assert "1 images" in app.error[0].value or "1 image" in app.error[0].value
    assert not app.metric


def test_layers_are_compared_in_order_of_execution_and_what_only_hands_on_is_left_out() -> None:
    model = featviz.load_model("shapes-resnet")
    names = list(model.layers_by_name)
    for depth in ("weights", "blocks", "all"):
        layers = layers_of(model, depth)
        assert list(layers) == sorted(set(layers), key=names.index)
        assert layers[-1] == logits_layer(model)
    assert "stage1.0.shortcut" in names and "stage1.0.shortcut" not in layers_of(model, "all")
    assert {"stage1.0", "stage3.1"} <= set(layers_of(model, "blocks"))
    every = layers_of(featviz.load_model("shapes-vit"), "all")
    assert "blocks.0.attention.project" in every and "blocks.0.attention.weights" not in every


@pytest.mark.parametrize(
    ("largest", "end"), [(0.97, 1.0), (0.51, 1.0), (0.33, 0.4), (0.004, 0.1), (-0.2, 0.1)]
)
def test_the_colors_end_at_the_highest_score_unless_most_would_be_unused(largest: float, end: float) -> None:
    matrix = featviz.SimilarityMatrix(np.array([[largest, np.nan]]), "cka_debiased", ("a",), ("b", "c"))
    assert range_of(matrix) == (0.0, pytest.approx(end))


def test_a_sample_is_the_same_each_time_and_small_sets_are_whole() -> None:
    chosen = ChosenSet("digits", "Digits", ImageSet.bundled("digits", 60), content="sampled")
    part = sample_of(chosen, 20)
    assert len(part) == 20 and part.content == sample_of(chosen, 20).content
    rows = sorted(np.random.default_rng(0).choice(60, 20, replace=False))
    assert part.images is not None and chosen.images is not None
    assert [part.images[i].id for i in range(20)] == [chosen.images[int(row)].id for row in rows]
    assert sample_of(chosen, 100) is chosen


def test_files_hold_the_numbers_of_the_matrix(matrix: featviz.SimilarityMatrix) -> None:
    rows = list(csv.DictReader(to_csv(matrix).decode("utf-8-sig").splitlines()))
    values = np.array([float(row["value"]) for row in rows]).reshape(matrix.values.shape)
    assert np.allclose(values, matrix.values, atol=1e-6)
    assert [row["layer_b"] for row in rows[: len(matrix.layers_b)]] == list(matrix.layers_b)
    assert float(rows[0]["p_value"]) == pytest.approx(matrix.p_values[0, 0], rel=1e-5)
    with np.load(io.BytesIO(to_npz(matrix))) as arrays:
        assert np.array_equal(arrays["values"], matrix.values)
        assert arrays["layers_a"].tolist() == list(matrix.layers_a)
        assert json.loads(str(arrays["about"]))["permutations"] == 200


def test_the_methods_paragraph_has_all_settings(matrix: featviz.SimilarityMatrix) -> None:
    text = methods_paragraph(matrix)
    for part in (
        "60 images",
        "digits-cnn",
        "200 random permutations",
        "seed 0",
        "Linear CKA, debiased",
        "mean",
    ):
        assert part in text
    assert matrix.fingerprint_a[:12] in text and matrix.fingerprint_b[:12] in text


def test_what_is_said_of_a_pair_follows_from_its_p_value(matrix: featviz.SimilarityMatrix) -> None:
    chance = could_be_chance(matrix)
    assert chance.any() and not chance.all()
    for mask, words in ((chance, "It could be chance"), (~chance, "Not chance")):
        row, column = (int(each[0]) for each in np.nonzero(mask))
        pair = PairOfLayers(row, column, matrix.layers_a[row], matrix.layers_b[column])
        sentences = [sentence for _icon, sentence in health(matrix, pair)]
        assert sentences[0].startswith(words)
        assert f"p = {matrix.p_values[row, column]:.3f}" in sentences[0]


def test_a_parameter_of_a_measure_changes_the_matrix_and_stays_in_the_link() -> None:
    link = {**QUICK, "measure": "knn_jaccard", "row": "conv2", "column": "conv3"}
    app = finished(open_page(PAGE, **link, options="similarity.knn_jaccard.k=3"))
    assert_sound(app)
    assert app.number_input(key="option.knn_jaccard.k").value == 3
    model, other = featviz.load_model("digits-cnn"), featviz.load_model("digits-cnn", weights="random")
    layers = {"layers_a": ("conv2",), "layers_b": ("conv3",)}
    matrix = featviz.compare(model, other, ImageSet.bundled("digits", 60), "knn_jaccard", k=3, **layers)
    assert app.metric[0].value == f"{matrix.values[0, 0]:.2f}"
    assert "k = 3" in methods_paragraph(matrix)
