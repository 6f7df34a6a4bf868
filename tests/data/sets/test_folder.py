"""A folder of pictures: what is in it, what is left out, and that it is read when asked for."""

import os
from pathlib import Path

import pytest

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadImage, BadInput
from tests.data.hostile_archives import jpeg, png


def laid(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def test_ids_are_paths_and_classes_parents_in_order(tmp_path: Path) -> None:
    laid(tmp_path, {"dog/b.png": png("blue"), "cat/z.jpg": jpeg(), "cat/a.png": png("red"), "top.png": png()})
    images = ImageSet.from_folder(tmp_path)
    assert [(each.id, each.label) for each in images] == [
        ("cat/a.png", "cat"),
        ("cat/z.jpg", "cat"),
        ("dog/b.png", "dog"),
        ("top.png", None),
    ]
    assert images.entries == tuple((each.id, each.label) for each in images)
    assert images.classes == ("cat", "dog")


def test_links_that_leave_the_folder_are_ignored(tmp_path: Path) -> None:
    laid(tmp_path, {"outside/secret.png": png("blue"), "set/a.png": png("red")})
    inside = tmp_path / "set"
    (inside / "leaves.png").symlink_to(tmp_path / "outside/secret.png")
    (inside / "stays.png").symlink_to(inside / "a.png")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "loop").symlink_to(inside)
    (inside / "broken.png").symlink_to(inside / "nothing.png")
    images = ImageSet.from_folder(inside)
    assert [each.id for each in images] == ["a.png", "stays.png"]
    assert {each.name for each in images.skipped} == {"broken.png", "folder", "leaves.png", "loop"}
    assert {each.code for each in images.skipped} == {"symlink"}


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    laid(tmp_path, {"a.png": png(), "notes.txt": b"x", ".hidden.png": png()})
    os.mkfifo(tmp_path / "pipe.png")
    images = ImageSet.from_folder(tmp_path)
    assert [each.id for each in images] == ["a.png"]
    assert {each.name: each.code for each in images.skipped} == {
        "notes.txt": "type",
        "pipe.png": "not_a_file",
    }


def test_a_picture_that_changed_or_went_is_refused(tmp_path: Path) -> None:
    laid(tmp_path, {"a.png": png("red"), "b.png": png("blue")})
    images = ImageSet.from_folder(tmp_path)
    laid(tmp_path, {"a.png": png("green")})
    (tmp_path / "b.png").unlink()
    with pytest.raises(BadImage, match="changed"):
        images[0]
    with pytest.raises(BadImage, match="still there"):
        images[1]


@pytest.mark.parametrize("count", range(4))
def test_small_folders(tmp_path: Path, count: int) -> None:
    laid(tmp_path, {f"{number}.png": png() for number in range(count)})
    images = ImageSet.from_folder(tmp_path)
    assert len(images) == len(list(images)) == count
    assert images.classes == ()


def test_a_table_says_the_classes(tmp_path: Path) -> None:
    laid(tmp_path, {"x/a.png": png(), "x/b.png": png(), "labels.csv": b"class\tname\none\ta\ntwo\tb\n"})
    assert [each.label for each in ImageSet.from_folder(tmp_path)] == ["one", "two"]


@pytest.mark.parametrize("table", [b"", b"only\none\n", b"file,label\nx\n", b'"a\n,' * 3], ids=range(4))
def test_what_is_no_table_is_refused(tmp_path: Path, table: bytes) -> None:
    with pytest.raises(BadInput, match="columns file and label") as refusal:
        ImageSet.from_folder(laid(tmp_path, {"a.png": png()}), labels=table)
    assert refusal.value.code == "labels"


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no folder"):
        ImageSet.from_folder(tmp_path / "nothing")


def test_files_by_name_and_by_path(tmp_path: Path) -> None:
    laid(tmp_path, {"c.png": png("green")})
    images = ImageSet.from_files([("a.png", png("red")), ("a.png", png("blue")), tmp_path / "c.png"])
    assert [each.id for each in images] == ["a.png", "a.png~2", "c.png"]
    assert images[1].image.getpixel((0, 0)) == (0, 0, 255)
    assert ImageSet.from_files({"x.png": b"no"}).skipped[0].code == "not_an_image"
    with pytest.raises(BadInput, match="something else"):
        ImageSet.from_files([3])  # type: ignore[list-item]


def test_subsets_keep_ids_and_digests() -> None:
    digits = ImageSet.bundled("digits")
    part = digits.subset([7, 3])
    assert [each.id for each in part] == ["digits/7", "digits/3"]
    assert (part.digest(0), part.digest(1)) == (digits.digest(7), digits.digest(3))
    assert len({digits.digest(index) for index in range(500)}) == 500
    with pytest.raises(BadInput, match="0 to 499"):
        digits.subset([500])
