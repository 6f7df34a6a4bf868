"""The Visual search page: what it finds is what the core finds, alone and by links of every kind."""

import contextlib
import io
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz import ImageSet, SearchIndex, embed, load_model
from featviz.representation.search.regions import region_vectors
from featviz.ui.pages.visual_search import results as search_results
from featviz.ui.pages.visual_search import results_view
from featviz.ui.state.jobs import end_all
from featviz.ui.state.uploaded_images import uploaded_id
from tests.test_pages import ROOT, assert_sound, said, script_of

SMALL = {"set_size": "500"}


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """The galleries of results that are drawn."""
    drawn: list[list[Any]] = []
    original = results_view.image_gallery
    monkeypatch.setattr(
        results_view,
        "image_gallery",
        lambda shown, **given: drawn.append(list(shown)) or original(shown, **given),
    )
    return drawn


def open_search(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=120)
    for key, value in (SMALL | query).items():
        app.query_params[key] = value
    app.switch_page(script_of("visual_search")).run()
    end = time.monotonic() + 120
    waiting = ("The search begins as soon", "vectors are sorted into clusters")
    while any(words in said(app) for words in waiting) and time.monotonic() < end:
        time.sleep(0.3)
        app.run()
    assert_sound(app)
    return app


def printed(code: str) -> list[str]:
    """The first word of every line that the code of a page prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, {})
    return [line.split()[0] for line in output.getvalue().splitlines()]


def shapes_found(query: np.ndarray, without: int, k: int) -> list[int]:
    images = ImageSet.bundled("shapes", 500)
    index = SearchIndex.build(embed(load_model("shapes-resnet"), images, "pool"))
    found = index.query(query if query.size else index.embeddings.vectors[without], k + 1)[0]
    return [each.position for each in found if each.position != without][:k]


def test_it_opens_with_an_image_what_is_like_it_and_why(tiles: list[list[Any]]) -> None:
    app = open_search(search_image="17", search_most="12")
    assert not app.error
    assert app.title[0].value == "Visual search"
    assert [tile.number for tile in tiles[-1]] == shapes_found(np.empty(0), 17, 12)
    assert 17 not in [tile.number for tile in tiles[-1]]
    words = said(app)
    assert "all 500 images were compared" in words
    assert "Why this one?" in words
    assert "Over either image they add up to 0.9" in words
    assert printed(app.code[0].value)[0] == "shapes/17"


def test_a_region_is_searched_for_and_a_link_holds_it(tiles: list[list[Any]]) -> None:
    app = open_search(search_image="30", search_box="0.25,0.25,0.75,0.625")
    images, box = ImageSet.bundled("shapes", 500), (0.25, 0.25, 0.75, 0.625)
    vector = region_vectors(load_model("shapes-resnet"), images[30].image, "stage3", box)
    assert [tile.number for tile in tiles[-1]] == shapes_found(vector, 30, 24)
    assert "a region of image 30" in said(app)
    others = [name for name in printed(app.code[0].value) if name != "shapes/30"]
    assert others == [f"shapes/{tile.number}" for tile in tiles[-1]][: len(others)]
    assert "region_vectors(model, images[30].image, 'stage3', (0.25, 0.25, 0.75, 0.625))" in app.code[0].value


def test_searching_on_with_what_was_found(tiles: list[list[Any]]) -> None:
    app = open_search(search_image="17", search_box="0,0,0.5,0.5")
    best = tiles[-1][0].number
    next(each for each in app.button if each.label == "Search with this image").click().run()
    assert_sound(app)
    assert app.session_state["search_image"] == best
    assert [tile.number for tile in tiles[-1]] == shapes_found(np.empty(0), best, 24)


def test_a_unit(tiles: list[list[Any]]) -> None:
    app = open_search(search_by="unit", search_unit="7", search_most="12")
    vectors = embed(load_model("shapes-resnet"), ImageSet.bundled("shapes", 500), "pool").vectors
    assert [tile.number for tile in tiles[-1]] == np.argsort(-vectors[:, 7], kind="stable")[:12].tolist()
    assert "The output of channel 7 of stage3" in said(app)
    assert printed(app.code[0].value) == [f"shapes/{tile.number}" for tile in tiles[-1]]


def test_a_picture_of_ones_own(tiles: list[list[Any]]) -> None:
    app = open_search(search_by="upload")
    assert "Upload an image: the most similar ones" in said(app)
    assert not tiles
    image = ImageSet.bundled("shapes", 500)[41].image
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    app.file_uploader(key="search.upload").set_value(("mine.png", buffer.getvalue(), "image/png")).run()
    assert_sound(app)
    assert tiles[-1][0].number == 41  # its own copy in the set
    assert tiles[-1][0].title.endswith("1.000")
    assert app.session_state["search_uploaded"] == uploaded_id("upload", buffer.getvalue())
    before = len(tiles)
    app.file_uploader(key="search.upload").set_value(("mine.png", b"no picture", "image/png")).run()
    assert_sound(app)
    assert len(app.error) == 1
    assert "still that with the image before" in app.error[0].value
    assert len(tiles) > before
    assert tiles[-1][0].number == 41


def test_the_approximate_index_says_its_recall() -> None:
    app = open_search(search_index="ivf")
    end = time.monotonic() + 60
    while "measured with" not in said(app) and time.monotonic() < end:
        time.sleep(0.3)
        app.run()
    assert "% of the 10 nearest images, measured with 200 of the set" in said(app)
    assert "kind='ivf'" in app.code[0].value


def test_what_a_class_token_cannot_tell_is_said() -> None:
    app = open_search(model="shapes-vit", set_size="500")
    words = said(app)
    assert "For regions choose mean instead of class token." in words
    assert "The search compares class tokens, which have no position" in words
    assert "add up to 0." in words
    next(each for each in app.button if each.label == "Search by the patches").click().run()
    assert app.session_state["pool"] == "mean"
    mean = said(open_search(model="shapes-vit", set_size="500", pool="mean", search_box="0,0,0.5,0.5"))
    assert "a region of image 0" in mean
    assert "add up to" in mean


def test_a_flattened_layer_shows_its_positions() -> None:
    """The vectors of a flattened layer are its positions side by side, so the map adds up to their similarity."""
    app = open_search(model="digits-cnn")
    words = said(app)
    assert "positions of pool3" in words
    assert "For regions choose the layer pool3" in words
    images = ImageSet.bundled("digits", 1797)
    vectors = embed(load_model("digits-cnn"), images, "flatten").vectors
    best = SearchIndex.build(embed(load_model("digits-cnn"), images, "flatten")).query(vectors[0], 2)[0][1]
    assert f"they add up to {best.similarity:.3f}" in words


def test_a_set_of_fewer_images_than_results_are_asked_for() -> None:
    app = open_search(set="photos", search_most="48")
    assert "Most like image 0" in said(app)
    assert not app.error


def test_embeddings_without_images() -> None:
    vectors = np.random.default_rng(0).standard_normal((30, 6)).astype(np.float32)
    buffer = io.BytesIO()
    np.savez(buffer, vectors=vectors)
    app = open_search()
    app.file_uploader(key="set.upload").set_value(("vectors.npz", buffer.getvalue(), "application/zip")).run()
    assert_sound(app)
    expected = SearchIndex.build(vectors).arrays(vectors[0], 25)[0][0][1:].tolist()
    assert app.dataframe[-1].value["Row"].tolist() == expected
    assert "nothing to look at" in said(app)
    next(each for each in app.button if each.label == "Search with this row").click().run()
    assert_sound(app)
    assert app.session_state["search_image"] == expected[0]
    assert app.segmented_control(key="search_by").options == ["An image of the set", "A unit"]


def test_hostile_links_fall_back() -> None:
    app = open_search(
        search_by="<b>",
        search_image="-1",
        search_box="nan,1,2,x",
        search_unit="1e9",
        search_found="<img src=x>",
        search_most="0",
        search_index="../x",
        search_own="upload/../../etc",
    )
    assert not app.error
    assert "Most like image 0" in said(app)
    assert "Upload an image" in said(open_search(search_by="upload", search_own="upload/" + "a" * 32))


def test_the_table_holds_what_the_gallery_shows(tiles: list[list[Any]]) -> None:
    from featviz.representation.search.index import Neighbor
    from featviz.ui.pages.visual_search.query import SearchQuery

    class Found:
        embeddings = embed(
            load_model("shapes-resnet"), ImageSet.bundled("shapes", 500).subset([0, 1]), "pool"
        )
        predictions = ("a", "=1+1")

    results = search_results.Results(SearchQuery(None, "x", unit=1), [Neighbor("shapes/1", 0.5, 1)], "", "")
    lines = results_view._table(Found(), results).decode().split()  # type: ignore[arg-type]
    label = Found.embeddings.labels[1]
    assert lines[0] == "rank,id,row,label,prediction,activation"
    assert " ".join(lines[1:]) == f"1,shapes/1,1,{label},'=1+1,0.5"
