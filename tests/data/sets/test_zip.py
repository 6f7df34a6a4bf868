"""Zip archives from anybody: honest ones are read, hostile ones refused before anything is unpacked."""

import io
import tracemalloc
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from featviz.data.archives import ArchiveLimits
from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadArchive, BadInput, FeatvizError
from tests.data.hostile_archives import REFUSED, honest, jpeg, png, with_link, zipped


def test_the_class_is_the_parent_folder() -> None:
    images = ImageSet.from_zip(honest())
    assert [(each.id, each.label) for each in images] == [("cat/a.png", "cat"), ("dog/b.png", "dog")]
    assert images.classes == ("cat", "dog")
    assert images[1].image.getpixel((3, 3)) == (0, 0, 255)
    assert images.skipped == ()


@pytest.mark.parametrize("kind", REFUSED)
def test_hostile_archives_are_refused_from_the_header(kind: str) -> None:
    make, code = REFUSED[kind]
    data = make()
    tracemalloc.start()
    with pytest.raises(BadArchive) as refusal:
        ImageSet.from_zip(data)
    spent = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")
    assert spent < 20e6


def test_links_and_archives_inside_are_left_out_and_named() -> None:
    data = with_link()
    images = ImageSet.from_zip(data)
    assert [each.id for each in images] == ["a.png"]
    assert [(each.name, each.code) for each in images.skipped] == [("link.png", "symlink")]
    images = ImageSet.from_zip(zipped({"a.png": png(), "inner.zip": honest(), "notes.txt": b"x"}))
    assert [each.code for each in images.skipped] == ["nested", "type"]


def test_unusual_compression_is_left_out() -> None:
    images = ImageSet.from_zip(_with_lzma())
    assert [each.code for each in images.skipped] == ["compression"]


def _with_lzma() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", png(), zipfile.ZIP_LZMA)
        archive.writestr("b.png", png())
    return buffer.getvalue()


def test_damaged_pictures_are_left_out_with_reasons() -> None:
    picture = jpeg(1, (200, 160))
    files = {
        "a.jpg": picture,
        "b.jpg": picture[: len(picture) // 2],
        "c.png": b"hello",
        "d.png": b"",
        "e.jpg": jpeg(2),
    }
    images = ImageSet.from_zip(zipped(files))
    assert [each.id for each in images] == ["a.jpg", "e.jpg"]
    assert {each.name: each.code for each in images.skipped} == {
        "b.jpg": "damaged",
        "c.png": "not_an_image",
        "d.png": "empty",
    }
    late = ImageSet.from_zip(zipped(files), check=False)
    assert len(late) == 5
    with pytest.raises(FeatvizError, match="damaged"):
        late[1]


def test_a_wrong_checksum_or_a_lying_size_damages_one_picture_only() -> None:
    data = zipped({"a.png": png(size=(100, 100)), "b.png": png()})
    changed = bytearray(data)
    changed[60] ^= 255
    images = ImageSet.from_zip(bytes(changed))
    assert [each.id for each in images] == ["b.png"]
    assert images.skipped[0].code == "damaged"
    packed = zipped({"a.png": png(size=(100, 100)), "b.png": png()}, zipfile.ZIP_DEFLATED)
    at = packed.index(b"PK\1\2") + 24
    lying = packed[:at] + (40).to_bytes(4, "little") + packed[at + 4 :]
    assert [each.id for each in ImageSet.from_zip(lying)] == ["b.png"]


def test_names_are_labels_only() -> None:
    decomposed = unicodedata.normalize("NFD", "Häuser")
    odd = "a\u202egnp.png"
    images = ImageSet.from_zip(zipped({f"{decomposed}/x.png": png(), odd: png("blue")}))
    assert [each.id for each in images] == ["Häuser/x.png", "a\ufffdgnp.png"]
    assert images.classes == ("Häuser",)
    twins = ImageSet.from_zip(zipped({"a\u0308.png": png(), "ä.png": png()}))
    assert [each.id for each in twins] == ["ä.png", "ä.png~2"]


def test_utf8_names_that_do_not_say_so_are_recognized() -> None:
    data = zipped({"日本/x.png": png()})
    for at in (data.index(b"PK\3\4") + 6, data.index(b"PK\1\2") + 8):
        data = data[:at] + b"\0\0" + data[at + 2 :]
    assert ImageSet.from_zip(data)[0].id == "日本/x.png"


def test_a_table_of_labels_inside_beside_or_given(tmp_path: Path) -> None:
    files = {"x/a.png": png("red"), "x/b.png": png("blue")}
    table = b"file,label\r\nx/a.png,one\r\nb.png,two\r\n"
    for images in (
        ImageSet.from_zip(zipped({**files, "labels.csv": table})),
        ImageSet.from_zip(zipped(files), labels=table.replace(b",", b";")),
    ):
        assert [each.label for each in images] == ["one", "two"]
    (tmp_path / "set.zip").write_bytes(zipped(files))
    (tmp_path / "set.csv").write_bytes(table)
    images = ImageSet.from_zip(tmp_path / "set.zip")
    assert (images.name, [each.label for each in images]) == ("set", ["one", "two"])


def test_limits_are_the_callers_to_raise() -> None:
    data = zipped({f"{number}.png": png() for number in range(9)})
    with pytest.raises(BadArchive, match="more than the 4 files"):
        ImageSet.from_zip(data, limits=ArchiveLimits(entries=4))
    with pytest.raises(BadArchive):
        ImageSet.from_zip(data, limits=ArchiveLimits(bytes=100))
    assert len(ImageSet.from_zip(data)) == 9


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadInput, match="nowhere"):
        ImageSet.from_zip("nowhere.zip")


def test_many_threads_read_one_archive() -> None:
    colors = ["red", "blue", "green", "white"] * 10
    images = ImageSet.from_zip(
        zipped({f"{i:02}.png": png(color) for i, color in enumerate(colors)}, zipfile.ZIP_DEFLATED)
    )
    expected = [each.image.getpixel((0, 0)) for each in images]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: images[i % 40].image.getpixel((0, 0)), range(400)))
    assert found == expected * 10
    assert len(set(expected)) == 4
