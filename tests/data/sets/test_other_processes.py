"""A set that is sent to another process makes the same images there, from no more than it needs."""

import hashlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featviz.data.archives import open_archive
from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadImage
from featviz.representation.quality.corruptions import corrupted_set
from tests.data.hostile_archives import honest, jpeg, png

ROOT = Path(__file__).parents[3]
ASK = """
import hashlib, json, pickle, sys
for images in pickle.load(sys.stdin.buffer):
    told = [(each.id, each.label, hashlib.sha256(each.image.tobytes()).hexdigest()) for each in images]
    print(json.dumps([images.name, told, [images.digest(index) for index in range(len(images))]]))
"""


def folder(root: Path) -> ImageSet:
    for name, data in {"cat/a.png": png("red"), "dog/b.jpg": jpeg(), "c.png": png("blue")}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return ImageSet.from_folder(root)


def archive(root: Path) -> ImageSet:
    root.mkdir(exist_ok=True)
    (root / "set.zip").write_bytes(honest())
    return ImageSet.from_zip(root / "set.zip")


SETS: dict[str, Callable[[Path], ImageSet]] = {
    "shapes": lambda _root: ImageSet.bundled("shapes", 12),
    "digits": lambda _root: ImageSet.bundled("digits", 12),
    "photos": lambda _root: ImageSet.bundled("photos"),
    "folder": folder,
    "zip": archive,
    "zip's bytes": lambda _root: ImageSet.from_zip(honest()),
    "files": lambda _root: ImageSet.from_files({"a/b.png": png("red")}),
    "subset": lambda _root: ImageSet.bundled("shapes").subset([1999, 3]),
    "disturbed": lambda _root: corrupted_set(ImageSet.bundled("digits", 4), "noise", 3, seed=5),
}


@pytest.mark.parametrize("kind", SETS)
def test_the_same_images_labels_ids_and_digests(kind: str, tmp_path: Path) -> None:
    images = SETS[kind](tmp_path)
    again = pickle.loads(pickle.dumps(images))
    assert (again.name, again.classes, again.skipped, again.entries) == (
        images.name,
        images.classes,
        images.skipped,
        images.entries,
    )
    for one, other in zip(images, again, strict=True):
        assert (one.id, one.label, one.factors) == (other.id, other.label, other.factors)
        assert one.image.tobytes() == other.image.tobytes()
        assert one.mask is other.mask is None or np.array_equal(one.mask, other.mask)
    assert [images.digest(n) for n in range(len(images))] == [again.digest(n) for n in range(len(images))]


def test_a_process_of_its_own_makes_them_too(tmp_path: Path) -> None:
    sets = [SETS[kind](tmp_path / kind) for kind in ("folder", "zip", "shapes")]
    done = subprocess.run(
        [sys.executable, "-c", ASK], input=pickle.dumps(sets), cwd=ROOT, capture_output=True, check=True
    )
    for images, line in zip(sets, done.stdout.splitlines(), strict=True):
        here = [[each.id, each.label, hashlib.sha256(each.image.tobytes()).hexdigest()] for each in images]
        assert json.loads(line) == [images.name, here, [images.digest(n) for n in range(len(images))]]


def test_an_archive_on_disk_travels_as_its_path(tmp_path: Path) -> None:
    """The archive has a comment of 40 kB, which would show."""
    data = bytearray(honest())
    data[-2:] = (40_000).to_bytes(2, "little")
    (tmp_path / "set.zip").write_bytes(bytes(data) + b"c" * 40_000)
    images = ImageSet.from_zip(tmp_path / "set.zip")
    assert len(pickle.dumps(images)) < 10_000
    assert len(pickle.dumps(open_archive(bytes(data) + b"c" * 40_000))) > 40_000


def test_what_changed_on_the_way_is_told(tmp_path: Path) -> None:
    images = folder(tmp_path)
    sent = pickle.dumps(images)
    (tmp_path / "c.png").write_bytes(png("green"))
    again = pickle.loads(sent)
    with pytest.raises(BadImage, match="has changed"):
        again[[name for name, _ in images.entries or ()].index("c.png")]
