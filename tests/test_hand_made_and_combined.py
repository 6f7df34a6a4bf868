"""Hand-made and combined features on the pages: they are the library's, links reopen them, refusals are sentences."""

import io
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import featviz
from featviz.data.sets.image_set import ImageSet
from featviz.progress import finished
from featviz.representation.fusion import image_weights
from featviz.representation.fusion.held_out import Score, held_out_steps, score_steps
from featviz.ui.inputs.features.combining import MAX_PARTS
from featviz.ui.pages.embeddings.combination import verdict
from featviz.ui.state.cache import FEATURES, SETS
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.jobs import end_all
from tests.test_embeddings_page import bring, open_map
from tests.test_pages import assert_sound, said
from tests.test_visual_search_page import open_search

COUNT = 40
PARTS = "layer/conv2,hand-made/hog"


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FEATVIZ_STORE", str(tmp_path))
    FEATURES.clear()
    yield
    end_all()


def few(count: int = COUNT, labels: bool = True) -> tuple[str, ImageSet]:
    """The id of a small set of digits, as if somebody had uploaded it, and the set."""
    digits = ImageSet.bundled("digits")
    wanted = [row for row in range(400) if digits[row].label in ("1", "7")][:count]
    files = []
    for number, row in enumerate(wanted):
        buffer = io.BytesIO()
        digits[row].image.save(buffer, "PNG")
        folder = f"set/{digits[row].label}/" if labels else "set/"
        files.append((f"{folder}{number:03}.png", buffer.getvalue()))
    images = ImageSet.from_files(files)
    set_id = f"upload/{count:031x}{int(labels)}"
    SETS.put(("set", set_id), ChosenSet(set_id, "few digits", images, content=set_id), 1000)
    return set_id, images


def open_few(set_id: str, **query: str) -> AppTest:
    given = {"set": set_id, "model": "digits-cnn", "projection": "pca", **query}
    app = open_map(**given)
    until = time.monotonic() + 60
    while "The map appears here as soon" in said(app) and not app.error and time.monotonic() < until:
        time.sleep(0.1)
        app.run()
    return app


def shown(kind: str) -> featviz.Embeddings:
    """The vectors that a page has made of the features of this kind."""
    found = [value for key, (value, _) in FEATURES._entries.items() if key[0] == kind]
    made: featviz.Embeddings = found[-1].embeddings
    return made


def parts_of(images: ImageSet) -> list[featviz.Embeddings]:
    layer = featviz.embed(featviz.load_model("digits-cnn"), images, "conv2")
    return [layer, featviz.describe(images, "hog")]


def test_as_before_the_features_are_those_of_a_layer() -> None:
    set_id, _ = few()
    app = open_few(set_id)
    assert app.selectbox(key="features").value == "layer"
    assert "Does combining help?" not in said(app)
    assert "featviz.embed(model, images" in app.code[0].value
    assert "Beside another network" in [each.proto.label for each in app.get("page_link")]


def test_a_map_of_hand_made_features_is_of_what_describe_gives() -> None:
    set_id, images = few()
    app = open_few(set_id, features="hand_made", descriptor="gabor", options="descriptor.gabor.octaves=2")
    assert_sound(app)
    assert not app.error
    np.testing.assert_array_equal(
        shown("described").vectors, featviz.describe(images, "gabor", octaves=2).vectors
    )
    assert "embeddings = featviz.describe(images, 'gabor', octaves=2)" in app.code[0].value
    assert "load_model" not in app.code[0].value
    assert len(app.metric) == 4


@pytest.mark.parametrize(
    ("fusion", "more"), [("concatenation", {}), ("weighted_sum", {"hand_weights": "1,0.25"})]
)
def test_a_combination_is_what_fuse_gives_and_scored_beside_its_parts(
    fusion: str, more: dict[str, str]
) -> None:
    set_id, images = few()
    by_hand = {"part_weights": "by_hand"} if more else {}
    app = open_few(set_id, features="combined", parts=PARTS, fusion=fusion, **by_hand, **more)
    assert_sound(app)
    assert not app.error
    parts, weights = parts_of(images), (1.0, 0.25) if more else ()
    expected = featviz.fuse(parts, fusion, weights=weights)
    np.testing.assert_allclose(shown("fused").vectors, expected.vectors, atol=1e-5)
    held_out = finished(held_out_steps(parts, fusion, weights=weights))
    score = finished(score_steps(held_out, "knn_accuracy"))
    assert verdict(score, ("conv2", "HOG"), "k-NN accuracy") in said(app)
    assert f"featviz.fuse(parts, '{fusion}'" in app.code[0].value


def test_attention_shows_how_much_each_part_counts_for_each_image() -> None:
    set_id, images = few()
    app = open_few(set_id, features="combined", parts=PARTS, fusion="attention", color="attention.1")
    assert_sound(app)
    assert not app.error
    _, weights = image_weights(parts_of(images))
    assert f"conv2 {weights[:, 0].mean():.0%} ± {weights[:, 0].std():.0%}" in said(app)
    assert app.selectbox(key="color").value == "attention.1"
    assert [each for each in app.selectbox(key="color").options if each.startswith("Weight of")] == [
        "Weight of conv2",
        "Weight of HOG",
    ]


def test_weights_are_not_learned_without_labels_and_that_is_said() -> None:
    set_id, _ = few(labels=False)
    app = open_few(set_id, features="combined", parts=PARTS, fusion="attention")
    assert not app.exception
    assert "Weights are learned from labels" in app.error[0].value


def test_with_fewer_than_two_parts_there_is_nothing_to_combine() -> None:
    set_id, _ = few()
    app = open_few(set_id, features="combined", parts="hand-made/hog")
    assert not app.exception
    assert "Choose two parts or more." in said(app)
    app.multiselect(key="parts.chosen").set_value(["hand-made/hog", "hand-made/gabor"]).run()
    assert "Choose two parts or more." not in said(app)


def test_one_image_is_mapped_and_not_scored() -> None:
    set_id, _ = few(1)
    for more in ({"features": "hand_made"}, {"features": "combined", "parts": PARTS}):
        app = open_few(set_id, **more)
        assert not app.exception


def test_vectors_alone_offer_no_hand_made_features() -> None:
    brought = bring(np.eye(12, dtype=np.float32))
    app = open_few(brought, features="combined")
    assert not app.exception
    assert "the network is not asked" in said(app)
    assert not [each for each in app.selectbox if each.label == "Features"]


def test_a_link_with_parts_that_are_not_there_opens_with_those_that_are() -> None:
    set_id, _ = few()
    parts = "layer/conv2,layer/no.such,hand-made/hog,second/pool1,hand-made/<b>"
    app = open_few(set_id, features="combined", parts=parts, hand_weights="..,9,", part_weights="by_hand")
    assert not app.exception
    assert app.multiselect(key="parts.chosen").value == ["layer/conv2", "hand-made/hog"]
    assert [each.value for each in app.slider if each.label.startswith("Weight of")] == [1.0, 1.0]
    assert MAX_PARTS == 4


def test_a_layer_of_another_network_is_a_part() -> None:
    set_id, images = few()
    app = open_few(set_id, features="combined", parts="layer/conv2,second/conv2", second="digits-cnn@random")
    assert not app.error
    assert "second = featviz.load_model" in app.code[0].value
    other = featviz.load_model("digits-cnn", weights="random")
    expected = featviz.fuse([parts_of(images)[0], featviz.embed(other, images, "conv2")])
    np.testing.assert_allclose(shown("fused").vectors, expected.vectors, atol=1e-5)


@pytest.mark.parametrize("descriptor", ["hog", "color_histogram"])
def test_images_are_searched_by_hand_made_features(descriptor: str) -> None:
    set_id, images = few()
    app = open_search(
        set=set_id, model="digits-cnn", features="hand_made", descriptor=descriptor, search_image="3"
    )
    assert not app.error
    index = featviz.SearchIndex.build(featviz.describe(images, descriptor))
    best = next(each for each in index.query(index.embeddings.vectors[3], 2)[0] if each.position != 3)
    assert f"{best.similarity:.3f}" in str([each.proto for each in app.main]) or "Most like image 3" in said(
        app
    )
    assert "choose Network layer as the features" in said(app)
    assert f"featviz.describe(images, '{descriptor}')" in app.code[0].value


def test_ones_own_image_is_described_as_those_of_the_set() -> None:
    set_id, _ = few()
    app = open_search(set=set_id, model="digits-cnn", features="hand_made", search_by="upload")
    assert "Upload an image" in said(app)
    assert "describe_image(" in app.code[0].value
    app = open_search(set=set_id, model="digits-cnn", features="combined", parts=PARTS, search_by="upload")
    assert not app.exception
    assert app.segmented_control(key="search_by").options == ["An image of the set", "A unit"]
    assert "featviz.fuse(parts" in app.code[0].value


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        ((0.07, 0.02, 0.12), "**Combining helps**"),
        ((-0.07, -0.12, -0.02), "**Combining hurts**"),
        ((0.01, -0.02, 0.04), "**No difference can be told**"),
    ],
)
def test_the_interval_decides_what_is_said(gain: tuple[float, float, float], words: str) -> None:
    score = Score((0.5, 0.6, 0.6 + gain[0]), ((0, 1),) * 3, gain, 1)
    said_of = verdict(score, ("a", "b"), "k-NN accuracy")
    assert words in said_of
    assert "60.0% of b alone" in said_of


def test_gray_images_are_described_too() -> None:
    buffer = io.BytesIO()
    Image.new("L", (9, 8), 90).save(buffer, "PNG")
    images = ImageSet.from_files([("1.png", buffer.getvalue())])
    vectors = featviz.describe(images, "color_histogram").vectors
    assert vectors.max() == 1
