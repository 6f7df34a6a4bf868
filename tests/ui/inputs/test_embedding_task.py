"""Embeddings for a page: found or computed, stopped and taken up again, with what is known of every image."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.__main__ import main
from featviz.data.sets.image_set import ImageSet
from featviz.models.recording import record
from featviz.models.sources.load import load_model
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction import extract
from featviz.ui.inputs import embedding_task
from featviz.ui.inputs.embedding import EmbeddingRequest, embedding_request
from featviz.ui.inputs.embedding_task import EmbeddingResult, embed_task, embedded
from featviz.ui.inputs.features.choice import choose_embedding
from featviz.ui.inputs.image_metadata import answers
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.image_sets import ChosenSet, open_bundled_set, part_of
from featviz.ui.state.jobs import end_all
from featviz.ui.state.served_folders import served_folders
from tests.representation.sets import Counting, counting, pictures


def page() -> None:
    import streamlit as st

    from featviz.ui.app import address, frame
    from featviz.ui.inputs.embedding import EMBEDDING
    from featviz.ui.inputs.embedding_task import embedded
    from featviz.ui.inputs.features.choice import choose_embedding
    from featviz.ui.inputs.image_set import IMAGE_SET, choose_set
    from featviz.ui.inputs.network import choose_model
    from featviz.ui.state.feedback import show_errors
    from featviz.ui.state.view_state import ViewState

    view = ViewState("embedded", **IMAGE_SET, **EMBEDDING)
    frame.prepare("Embedded", [view])
    slot = frame.heading("Embedded", "What came of it.")
    model, chosen = choose_model(), choose_set()
    with show_errors():
        st.session_state["made"] = embedded(choose_embedding(model, chosen))
    address.publish(slot, view)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    FEATURES.clear()
    yield
    end_all()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A folder of the server that holds five pictures and a damaged one, and its id."""
    for name, data in pictures(6, damaged=(2,)):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(data)
    monkeypatch.setenv("FEATVIZ_IMAGES", str(tmp_path / "set"))
    return tmp_path / "set", next(iter(served_folders()))


def visit(**query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def made(app: AppTest, seconds: float = 30) -> EmbeddingResult:
    """What comes of it, when it is there."""
    end = time.monotonic() + seconds
    while app.session_state["made"] is None and not app.error and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    assert not app.exception and not app.error
    found: EmbeddingResult = app.session_state["made"]
    assert found is not None
    return found


def few(count: int, model: object = None, damaged: tuple[int, ...] = ()) -> ChosenSet:
    images = ImageSet.from_files(pictures(count, damaged), check=False)
    return ChosenSet("upload/few", "few", images, content=f"few {count} {damaged} {id(model)}")


def finished(wish: EmbeddingRequest) -> EmbeddingResult:
    *_, last = embed_task(wish).run()
    return embedding_task._as_result(wish, last.result)  # type: ignore[arg-type]


def test_the_page_finds_what_the_command_line_did(
    folder: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder_id = folder
    assert main(["embed", str(path), "--model", "digits-cnn", "--layer", "pool3", "--pool", "max"]) == 0

    def no_pass(*_: object) -> None:
        raise AssertionError("a pass was run")

    monkeypatch.setattr(extract, "FeatureExtractor", no_pass)
    found = made(visit(model="digits-cnn", set=folder_id, embedding_layer="pool3", pool="max"))
    assert found.embeddings.ids == ("a/000.jpg", "a/004.jpg", "b/001.jpg", "b/003.jpg", "b/005.jpg")
    assert all(found.predictions)
    assert len(found.chosen) == 5


def test_the_page_computes_what_single_passes_give(folder: tuple[Path, str]) -> None:
    found = made(visit(model="digits-cnn", set=folder[1]))
    model = load_model("digits-cnn")
    assert (found.request.layer, found.request.pool) == ("flatten", "mean")
    assert found.facts["label"] == ("a", "a", "b", "b", "b")
    assert "correct" not in found.facts  # no label is one of the network's classes
    assert found.confidence is not None and found.chosen.images is not None
    for row, sample in enumerate(found.chosen.images):
        x = model.preprocess(sample.image)
        output = record(model, x, "flatten")["flatten"][0].numpy()
        np.testing.assert_allclose(found.embeddings.vectors[row], output, rtol=1e-4, atol=1e-5)
        best = model.predict(x, 1)[0][0]
        assert found.predictions[row] == best.label
        assert found.confidence[row] == pytest.approx(best.probability, rel=1e-4)


def test_shapes_come_with_their_factors() -> None:
    chosen = part_of(open_bundled_set("shapes", 500), range(0, 60, 3), "few")
    found = finished(embedding_request(load_model("shapes-resnet"), chosen))
    assert {"label", "prediction", "correct", "shape", "texture", "background", "color"} <= set(found.facts)
    pairs = zip(found.facts["texture"], found.facts["shape"], strict=True)
    assert tuple(f"{texture} {shape}" for texture, shape in pairs) == found.facts["label"]
    assert set(found.facts["correct"]) <= {"right", "wrong"}
    assert found.facts["correct"].count("right") >= 19
    assert {"red", "green", "blue"} & set(found.facts["color"])


def test_rows_stay_with_their_images_where_some_are_left_out() -> None:
    model, _ = counting()
    found = finished(EmbeddingRequest(model, few(7, model, damaged=(0, 4)), "second", "mean"))
    assert found.chosen.images is not None
    assert [sample.id for sample in found.chosen.images] == list(found.embeddings.ids)
    assert len(found) == len(found.chosen) == len(found.predictions) == 5
    assert {each.code for each in found.embeddings.skipped} == {"damaged"}


def test_a_run_that_is_stopped_keeps_what_is_done() -> None:
    model, passes = counting()
    wish = EmbeddingRequest(model, few(40, model), "second", "mean")
    steps = embed_task(wish).run()
    assert next(steps).done == 0
    probes = sum(passes)  # passes that find out about the layer, before any image
    while next(steps).done < 16:
        pass
    steps.close()  # type: ignore[attr-defined]
    before = sum(passes) - probes
    first = next(embed_task(wish).run())
    assert first.done == 0 and first.total == 40 - before  # what is left
    finished(wish)
    assert sum(passes) == 40 + probes


def test_what_takes_long_is_asked_for_with_its_cost(
    folder: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_task, "_small", lambda _wanted: False)
    monkeypatch.setattr(embedding_task, "is_stored_here", lambda _wanted: False)
    monkeypatch.setattr(embedding_task, "expected_seconds", lambda _wanted: 600.0)
    app = visit(model="digits-cnn", set=folder[1], embedding_layer="conv2")
    assert app.session_state["made"] is None
    assert any("5 images go through digits-cnn: about 10 min" in each.value for each in app.caption)
    app.button(key="start.embedding").click().run()
    assert len(made(app)) == 5


def test_a_refusal_is_a_sentence_in_place_of_the_embeddings(folder: tuple[Path, str]) -> None:
    app = visit(
        model="digits-cnn", set=folder[1], embedding_layer="conv1", pool="flatten", options="flatten.cap=5"
    )
    end = time.monotonic() + 30
    while not app.error and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    assert not app.exception
    assert "more than the cap of 5" in app.error[0].value


def test_more_than_the_server_holds_is_refused_before_it_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    model, passes = counting()
    monkeypatch.setattr(FEATURES, "limit", 1000)
    with pytest.raises(embedding_task.BadInput, match="more than this server holds"):
        next(embed_task(EmbeddingRequest(model, few(40, model), "first", "flatten")).run())
    assert passes == []


def test_a_set_of_which_nothing_can_be_embedded_says_why() -> None:
    model, _ = counting()
    with pytest.raises(embedding_task.BadInput, match="damaged or cut short"):
        finished(EmbeddingRequest(model, few(2, model, damaged=(0, 1)), "second", "mean"))


def test_files_of_trained_and_of_random_weights_have_two_names() -> None:
    named = []
    for weights in ("default", "random"):
        model = load_model("digits-cnn", weights=weights)
        named.append(finished(embedding_request(model, few(12, model), "flatten")).source)
    assert named == [("digits-cnn", "trained", "flatten"), ("digits-cnn", "random", "flatten")]


def test_brought_embeddings_are_taken_as_they_are() -> None:
    model, passes = counting()
    brought = Embeddings(vectors=np.eye(3), ids=("a", "b", "c"), labels=("x", None, "y"))
    chosen = ChosenSet("upload/b", "b", None, brought, "upload/b")
    found = embedded(choose_embedding(model, chosen))
    assert found is not None and found.embeddings is brought
    assert found.facts == {"label": ("x", None, "y")}
    assert found.confidence is None and passes == []


def test_a_network_without_answers_gives_none() -> None:
    class Altered(Counting):
        def forward(self, x):
            return super().forward(x) * 2  # its last layer does not output the logits

    model, _ = counting(kind=Altered)
    found = finished(EmbeddingRequest(model, few(4, model), "second", "mean"))
    assert found.predictions == (None,) * 4
    assert found.confidence is None


def test_answers_are_told_by_id() -> None:
    model = load_model("digits-cnn")
    logits = Embeddings(vectors=[[0, 5, 0] + [0] * 7, [9, 0, 0] + [0] * 7], ids=("b", "a"))
    names, confidence = answers(model, ("a", "b", "c"), logits)
    assert names == ("0", "1", None)
    assert confidence is not None
    np.testing.assert_allclose(confidence, [np.e**9 / (np.e**9 + 9), np.e**5 / (np.e**5 + 9), 0], rtol=1e-5)


def test_keys_tell_apart_all_that_matters() -> None:
    model = load_model("digits-cnn")
    chosen, other = open_bundled_set("shapes", 500), open_bundled_set("shapes", 1000)
    wishes = [
        embedding_request(model, chosen),
        embedding_request(model, other),
        embedding_request(model, chosen, "conv1"),
        embedding_request(model, chosen, "conv1", "max"),
        embedding_request(model, chosen, "conv1", "grid"),
        embedding_request(model, chosen, "conv1", "grid", side=3),
        embedding_request(load_model("digits-cnn", weights=None), chosen),
    ]
    assert len({wish.key for wish in wishes}) == len(wishes)
    assert embedding_request(model, chosen).key == wishes[0].key
