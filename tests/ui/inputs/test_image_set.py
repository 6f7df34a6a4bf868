"""Image sets from everywhere: bundled, folders of the server, visitors' files, selections; and none that is lost."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.errors import BadInput
from featviz.ui.state.cache import SETS
from featviz.ui.state.image_sets import cached_upload, open_bundled_set, part_of
from featviz.ui.state.served_folders import served_folders
from featviz.ui.state.uploaded_sets import digest_of, open_uploaded
from tests.data.hostile_archives import bomb, encrypted, huge, jpeg, overlapping, png, zipped

Files = list[tuple[str, bytes]]
PICTURES = {"cat/a.png": png("red"), "dog/b.png": png("blue"), "dog/c.png": png("green")}


def page() -> None:
    import streamlit as st

    from featviz.ui.app import address, frame
    from featviz.ui.inputs.image_set import IMAGE_SET, choose_set, keep_selection

    frame.prepare("Sets", [IMAGE_SET])
    slot = frame.heading("Sets", "Which there are.")
    chosen = choose_set()
    name = st.text_input("Name", key="given")
    if name:
        st.session_state["kept"] = keep_selection(chosen, [2, 0], name)
    st.markdown(f"chosen {chosen.id} {len(chosen)} {chosen.content}")
    if chosen.images is not None:
        st.markdown(f"first {chosen.images[0].id} {chosen.images[0].label}")
    address.publish(slot, IMAGE_SET)


@pytest.fixture(autouse=True)
def _no_sets_of_others() -> Iterator[None]:
    yield
    SETS.clear()


def visit(**query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def bring(app: AppTest, files: Files) -> AppTest:
    given = [(name, data, "application/octet-stream") for name, data in files]
    return app.file_uploader[0].set_value(given).run()


def said(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(str(each.value) for each in app.markdown)


def csv(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_bundled_sets_and_their_sizes() -> None:
    app = visit()
    assert "chosen shapes 2000" in said(app)
    app.selectbox(key="set_size").set_value("10000").run()
    assert "chosen shapes 10000" in said(app)
    assert "chosen digits 1797" in said(app.selectbox(key="set").set_value("digits").run())
    assert "chosen photos 14" in said(app.selectbox(key="set").set_value("photos").run())


def test_the_first_set_is_of_the_kind_that_the_network_was_trained_on() -> None:
    assert "chosen digits" in said(visit(model="digits-cnn"))
    assert "chosen shapes" in said(visit(model="shapes-vit"))


def test_a_link_opens_the_same_set() -> None:
    assert "chosen shapes 500 shapes 500" in said(visit(set="shapes", set_size="500"))
    assert "chosen shapes 2000" in said(visit(set="shapes", set_size="-1"))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("upload/" + "0" * 32, "not on this server any more"),
        ("selection/" + "0" * 32, "only in the session"),
        ("folder/../../etc", "offers no such folder"),
        ("<script>alert(1)</script>", "no such image set"),
    ],
)
def test_a_link_to_a_set_that_is_not_here_says_so(name: str, why: str) -> None:
    app = visit(set=name)
    assert "chosen shapes 2000" in said(app)
    assert why in app.warning[0].value
    assert not app.selectbox(key="set").set_value("digits").run().warning


def test_a_zip_becomes_a_set_whose_folders_are_classes() -> None:
    app = bring(visit(), [("pets.zip", zipped({**PICTURES, "notes.txt": b"x", "dog/d.png": png()[:40]}))])
    assert "first cat/a.png cat" in said(app)
    assert app.session_state["set"].startswith("upload/")
    assert "3 images, 2 classes" in [each.value for each in app.caption]
    left_out = next(each.value for each in app.markdown if "notes" in each.value).splitlines()
    assert len(left_out) == 2 and left_out[0].startswith("- **notes.txt** Its name does not end")
    assert left_out[1].startswith("- **dog/d.png** This image is damaged")


def test_many_files_with_a_table_of_labels() -> None:
    files = [(f"{n}.jpg", jpeg(n)) for n in range(3)]
    table = ("labels.csv", csv("file,label", "0.jpg,left", "1.jpg,right", "2.jpg,left"))
    app = bring(visit(), [*files, table])
    assert "first 0.jpg left" in said(app)


def test_another_set_may_be_chosen_while_the_files_are_still_there() -> None:
    app = bring(visit(), [("pets.zip", zipped(PICTURES))])
    upload = app.session_state["set"]
    assert "chosen digits" in said(app.selectbox(key="set").set_value("digits").run())
    assert f"chosen {upload} 3" in said(app.selectbox(key="set").set_value(upload).run())


def test_what_the_server_has_forgotten_is_read_again_from_the_files_that_are_still_there() -> None:
    app = bring(visit(), [("pets.zip", zipped(PICTURES))])
    SETS.clear()
    assert "3 upload/" in said(app.run())
    assert not app.warning


@pytest.mark.parametrize("make", [bomb, encrypted, huge, overlapping])
def test_hostile_archives_are_refused_and_the_set_stays(make) -> None:
    app = bring(visit(set="digits"), [("x.zip", make())])
    assert "chosen digits" in said(app)
    assert len(app.error) == 1


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("a.png", png()), ("labels.csv", csv("file,label", "z.png,cat"))], "names none of these images"),
        ([("a.png", png()), ("labels.csv", b"\0\1\2")], "no table of labels"),
        ([("a.png", png()), ("b.zip", zipped(PICTURES))], "One set is read at a time"),
        ([("a.zip", zipped(PICTURES)), ("b.zip", zipped(PICTURES))], "One set is read at a time"),
        ([("a.png", b"GIF8")], "None of these files is an image"),
        ([("labels.csv", csv("file,label", "a.png,cat"))], "no column holds numbers"),
        ([("e.npz", npz(vectors=np.array([object()])))], "Python objects"),
        (
            [("e.npz", npz(vectors=np.eye(3), ids=["x", "y", "z"])), ("a.zip", zipped(PICTURES))],
            "no embedding",
        ),
    ],
)
def test_files_that_fit_nothing_are_refused_with_a_sentence(files: Files, why: str) -> None:
    app = bring(visit(), files)
    assert "chosen shapes" in said(app)
    assert why.lower() in app.error[0].value.replace("\\", "").lower()


def test_names_out_of_an_archive_are_shown_letter_by_letter() -> None:
    app = bring(visit(), [("**bold** <b>.zip", zipped({"**x**/<script>.png": png(), "**x**/b.png": png()}))])
    assert "2 images, 1 classes" in [each.value for each in app.caption]
    assert not app.exception


def test_embeddings_without_images() -> None:
    app = bring(visit(), [("e.npz", npz(vectors=np.eye(5), labels=list("abcab")))])
    assert "chosen upload/" in said(app)
    assert "5 embeddings without images, 5 numbers each" in [each.value for each in app.caption]


def test_embeddings_find_their_images_by_name_and_keep_their_own_order() -> None:
    vectors = npz(vectors=np.eye(3), ids=["c", "b.png", "cat/a.png"])
    own = open_uploaded([("pets.zip", zipped(PICTURES)), ("e.npz", vectors)])
    assert own.images is not None and own.embeddings is not None
    colors = [own.images[row].image.getpixel((0, 0)) for row in range(3)]
    assert colors == [(0, 128, 0), (0, 0, 255), (255, 0, 0)]
    assert [own.images[row].id for row in range(3)] == ["dog/c.png", "dog/b.png", "cat/a.png"]


def test_embeddings_without_ids_go_by_the_order_of_the_images() -> None:
    own = open_uploaded([("pets.zip", zipped(PICTURES)), ("e.npz", npz(vectors=np.eye(3)))])
    assert own.images is not None and own.images[2].id == "dog/c.png"


def test_the_digest_tells_files_apart_whatever_their_order() -> None:
    files = [("a.png", png("red")), ("b.png", png("blue"))]
    assert digest_of(files) == digest_of(files[::-1])
    swapped = [("a.png", png("blue")), ("b.png", png("red"))]
    assert len({digest_of(files), digest_of(swapped), digest_of(files[:1])}) == 3


def test_sessions_do_not_see_each_others_files() -> None:
    mine, other = visit(), visit()
    bring(mine, [("pets.zip", zipped(PICTURES))])
    upload = mine.session_state["set"]
    assert (
        upload in mine.selectbox(key="set").options or "Yours: pets.zip" in mine.selectbox(key="set").options
    )
    assert not any("pets" in option for option in other.run().selectbox(key="set").options)
    assert f"chosen {upload}" in said(visit(set=upload))  # who was given the link may open it
    assert cached_upload(upload) is not None


def test_a_selection_is_a_set_from_then_on() -> None:
    app = visit()
    app.text_input(key="given").set_value("  odd *ones*\x07 ").run()
    kept = app.session_state["kept"]
    app.text_input(key="given").set_value("").run()
    assert "odd *ones*\ufffd (2)" in app.selectbox(key="set").options
    app.selectbox(key="set").set_value(kept).run()
    assert f"chosen {kept} 2" in said(app)
    assert "first shapes/2 " in said(app)
    assert "only in the session" in visit(set=kept).warning[0].value


def test_a_part_holds_the_rows_that_were_asked_for() -> None:
    whole = open_bundled_set("shapes", 500)
    part = part_of(whole, np.array([7, 3]), "two")
    assert part.images is not None and part.images.factors is not None and whole.images is not None
    assert [part.images[row].id for row in range(2)] == ["shapes/7", "shapes/3"]
    assert part.images.factors(1) == whole.images[3].factors
    assert part.content != part_of(whole, [3, 7], "two").content
    with pytest.raises(BadInput):
        part_of(whole, [500], "none")


def test_folders_of_the_server_are_listed_by_id_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in PICTURES.items():
        (tmp_path / "my pets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "my pets" / name).write_bytes(data)
    gone = tmp_path / "gone"
    monkeypatch.setenv("FEATVIZ_IMAGES", os.pathsep.join([str(tmp_path / "my pets"), "", str(gone)]))
    ids = list(served_folders())
    assert len(ids) == 2 and ids[0].startswith("folder/my-pets-")
    assert not any(str(tmp_path) in each for each in ids)
    app = visit(set=ids[0])
    assert f"chosen {ids[0]} 3" in said(app) and "first cat/a.png cat" in said(app)
    refused = visit(set=ids[1])
    assert not refused.exception and "no folder" in refused.error[0].value
