"""The store survives whatever happens to processes and disks."""

import contextlib
import errno
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadArchive
from featviz.models.sources.load import load_model
from featviz.representation.extraction.extract import embed
from featviz.store import checked_file, store
from featviz.store.checked_file import pack, unpack
from featviz.store.store import Store, shared_store
from tests.representation.sets import counting, pictures

ROOT = Path(__file__).parents[2]


def values(seed: int, rows: int = 50) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 8)).astype(np.float32)


def content(seed: int, rows: int = 50) -> bytes:
    return pack({"vectors": values(seed, rows)}, {"seed": seed})


def test_what_is_sealed_is_read_back() -> None:
    arrays, about = unpack(content(3))
    np.testing.assert_array_equal(arrays["vectors"], values(3))
    assert about == {"seed": 3}
    assert unpack(pack({"none": np.zeros((0, 4), np.float32)}, {}))[0]["none"].shape == (0, 4)


def test_any_flipped_bit_or_missing_byte_is_noticed() -> None:
    data = content(0, rows=9)
    for place in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 1 << (place % 8)
        try:
            arrays, about = unpack(bytes(damaged))
        except BadArchive:
            continue
        assert about == {"seed": 0}  # a flip that means nothing, such as in padding
        np.testing.assert_array_equal(arrays["vectors"], values(0, 9))
    for length in range(0, len(data), 11):
        with pytest.raises(BadArchive):
            unpack(data[:length])


def test_corrupt_files_are_put_aside_and_computed_again(tmp_path: Path) -> None:
    model, passes = counting()
    images = ImageSet.from_files(pictures(4))
    first = embed(model, images, "first", store=Store(tmp_path))
    (file,) = tmp_path.glob("*.embedding")
    data = file.read_bytes()
    for damaged in (data[:-5], b"", data[:50] + b"\0" + data[51:], b"text"):
        file.write_bytes(damaged)
        again = embed(model, images, "first", store=Store(tmp_path))
        np.testing.assert_array_equal(again.vectors, first.vectors)
        assert file.read_bytes() == data
    assert sum(passes) == 20
    assert len(list((tmp_path / "quarantine").iterdir())) == 1


def test_sound_files_of_another_kind_are_computed_again(tmp_path: Path) -> None:
    model, passes = counting()
    images = ImageSet.from_files(pictures(4))
    embed(model, images, "first", store=Store(tmp_path))
    (file,) = tmp_path.glob("*.embedding")
    for foreign in (
        content(1),
        pack({"vectors": values(1, 1), "positions": np.array([99])}, {"names": [["a", None]], "skipped": []}),
    ):
        file.write_bytes(foreign)
        assert len(embed(model, images, "first", store=Store(tmp_path))) == 4
    assert sum(passes) == 12


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    kept = Store(tmp_path, limit=3 * len(content(0)) + 100)
    for seed in range(3):
        kept.keep("embedding", f"{seed}", content(seed))
        os.utime(tmp_path / f"{seed}.embedding", (seed, seed))
    assert kept.find("embedding", "0") is not None  # used now
    kept.keep("embedding", "3", content(3))
    assert {path.stem for path in tmp_path.iterdir()} == {"0", "2", "3"}
    kept.keep("embedding", "large", content(9, rows=5000))
    assert kept.path("embedding", "large") is None and kept.path("embedding", "0") is not None


def test_each_kind_has_a_name_and_a_quota_of_its_own(tmp_path: Path) -> None:
    size = len(content(0))
    kept = Store(tmp_path, limit=5 * size, quotas={"similarity": 2 * size})
    kept.keep("embedding", "a", content(1))
    for seed, key in enumerate("abc", start=2):
        kept.keep("similarity", key, content(seed))
        os.utime(tmp_path / f"{key}.similarity.kept", (seed, seed))
    assert [kept.path("similarity", key) is not None for key in "abc"] == [False, True, True]
    found = [kept.find("embedding", "a"), kept.find("similarity", "b"), kept.find("unit", "b")]
    assert [each and each[1]["seed"] for each in found] == [1, 3, None]
    kept.keep("similarity", "large", content(0, rows=200))  # more than its kind may hold
    assert kept.path("similarity", "large") is None and kept.path("similarity", "c") is not None


def test_the_limit_holds_for_all_kinds_together_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(bytes(10_000))
    kept = Store(tmp_path, limit=2 * len(content(0)) + 100)
    for age, kind in enumerate(("embedding", "unit", "similarity")):
        kept.keep(kind, "a", content(age))
        path = kept.path(kind, "a")
        assert path is not None
        os.utime(path, (age, age))
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "a.unit.kept", "a.similarity.kept"}


def test_pieces_of_one_kind_are_none_of_another(tmp_path: Path) -> None:
    kept = Store(tmp_path)
    for seed, kind in enumerate(("embedding", "unit", "embedding")):
        kept.keep_piece(kind, "a", content(seed))
    assert [about["seed"] for _, about in kept.pieces("embedding", "a")] == [0, 2]
    kept.keep("embedding", "a", content(9))
    assert (kept.pieces("embedding", "a"), len(kept.pieces("unit", "a"))) == ([], 1)


def test_a_kind_that_could_not_be_told_from_other_files_is_a_mistake(tmp_path: Path) -> None:
    for kind in ("", "a.b", "../a", "Unit"):
        with pytest.raises(ValueError, match="kind"):
            Store(tmp_path).find(kind, "a")


def test_embeddings_stored_before_there_were_kinds_are_found(tmp_path: Path) -> None:
    """Names as the code of before wrote them: KEY.embedding, and KEY.TIME.piece of work that was cut short."""
    model, passes = counting()
    images, key = ImageSet.from_files(pictures(4)), "0" * 64
    first = embed(model, images, "first", store=Store(tmp_path))
    (file,) = tmp_path.iterdir()
    assert re.fullmatch("[0-9a-f]{64}[.]embedding", file.name)
    (tmp_path / f"{key}.01700000000000000000.piece").write_bytes(content(7))
    (tmp_path / f"{key}.embedding").write_bytes(content(8))
    kept = Store(tmp_path)
    assert [about["seed"] for _, about in kept.pieces("embedding", key)] == [7]
    found = kept.find("embedding", key)
    assert found is not None and found[1]["seed"] == 8
    assert kept.find("unit", key) is None
    np.testing.assert_array_equal(embed(model, images, "first", store=kept).vectors, first.vectors)
    assert sum(passes) == 4


def test_orphans_of_dead_processes_are_swept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [f"{dead.pid}.x.part", "odd.part", f"{os.getpid()}.y.part"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    Store(tmp_path).find("embedding", "nothing")
    assert [path.name for path in tmp_path.iterdir()] == names[2:]


WRITERS = """
import itertools, os, sys
from featviz.store.store import Store
from tests.store.test_store import content
contents = [content(seed, 20_000) for seed in range(3)]
os.fsync = lambda _handle: None  # a power cut needs it, a kill does not; without it there are more moments
while sys.stdin.readline():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    kept = Store(sys.argv[1])
    os.write(1, f"{os.getpid()}\\n".encode())
    for seed in itertools.cycle(range(3)):
        kept.keep_piece("embedding", f"{seed}", contents[seed])
        kept.keep("embedding", f"{seed}", contents[seed])
"""


def test_killed_at_any_moment_the_next_start_is_right(tmp_path: Path) -> None:
    rng, found = random.Random(0), 0
    command = [sys.executable, "-c", WRITERS, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for _ in range(50):
            process.stdin.write("next\n")
            child = int(process.stdout.readline())
            time.sleep(rng.uniform(0.0, 0.04))
            os.kill(child, signal.SIGKILL)
            _wait_for_end(child)
            found += _assert_whole(tmp_path)
        process.stdin.close()
    assert found >= 25


def _wait_for_end(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        for _ in range(1000):
            os.kill(process, 0)
            time.sleep(0.01)


def _assert_whole(folder: Path) -> int:
    """What a next start finds: each file whole and right, none aside, no orphan; and how many."""
    kept, found = Store(folder), 0
    for seed in range(3):
        contents = [kept.find("embedding", f"{seed}"), *kept.pieces("embedding", f"{seed}")]
        for arrays, about in filter(None, contents):
            assert about == {"seed": seed}
            assert arrays["vectors"].tobytes() == values(seed, 20_000).tobytes()
            found += 1
    assert not (folder / "quarantine").exists()
    assert not list(folder.glob("*.part"))
    return found


def test_a_full_disk_is_told_once_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model, _ = counting()
    images = ImageSet.from_files(pictures(4))
    full = Store(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        made = [embed(model, images, layer, store=full) for layer in ("first", "second")]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [len(each) for each in made] == [4, 4]
    assert list(tmp_path.iterdir()) == []
    assert "not kept on disk" in full.trouble
    assert len(caplog.records) == 1


@pytest.mark.parametrize("problem", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr(checked_file.tempfile, "mkstemp", refuse)
    broken = Store(tmp_path)
    broken.keep("embedding", "a", content(0))
    assert broken.find("embedding", "a") is None
    assert os.strerror(problem) in broken.trouble


def test_a_store_in_an_impossible_place_works_without_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    model, _ = counting()
    nowhere = Store(tmp_path / "file" / "store")
    assert len(embed(model, ImageSet.from_files(pictures(2)), "first", store=nowhere)) == 2
    assert nowhere.trouble


def test_the_users_store_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FEATVIZ_STORE", str(tmp_path))
    monkeypatch.setenv("FEATVIZ_STORE_GB", "0.5")
    shared_store.cache_clear()
    found = shared_store()
    shared_store.cache_clear()
    assert (found.folder, found.limit) == (tmp_path, 500_000_000)
    assert store.DEFAULT_BYTES == 4 << 30


def test_a_file_that_the_code_of_before_wrote_is_read(tmp_path: Path) -> None:
    """Twelve digits in layer relu2 of digits-cnn, stored by the version without kinds."""
    (written,) = (Path(__file__).parent / "written_before").iterdir()
    (tmp_path / written.name).write_bytes(written.read_bytes())
    found = Store(tmp_path).find("embedding", written.stem)
    assert found is not None
    vectors = embed(
        load_model("digits-cnn"), ImageSet.bundled("digits", 12), "relu2", store=Store(None)
    ).vectors
    np.testing.assert_allclose(found[0]["vectors"], vectors, rtol=1e-4, atol=1e-5)
