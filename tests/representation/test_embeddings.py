"""Embeddings as a value: what fits together is kept and read back, everything else is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featviz.data.sets.listing import Skipped
from featviz.errors import BadArchive, BadInput, FeatvizError
from featviz.representation.embeddings import Embeddings
from featviz.store.checked_file import pack


def made(count: int = 3, **changes: object) -> Embeddings:
    values = np.arange(count * 4, dtype=np.float32).reshape(count, 4)
    fields = {
        "vectors": values,
        "ids": [f"i{each}" for each in range(count)],
        "labels": ["a", None, "ü"][:count],
        "layer": "layer4",
        "options": {"side": 2},
        "skipped": (Skipped("x.png", "It is damaged.", "damaged"),),
    }
    return Embeddings(**{**fields, **changes})  # type: ignore[arg-type]


def test_by_hand_with_little() -> None:
    few = Embeddings(vectors=[[1, 2], [3, 4]], ids=["a", "b"], model="m", layer="l")  # type: ignore[arg-type]
    assert (len(few), few.dimensions, few.labels) == (2, 2, (None, None))
    assert few.vectors.dtype == np.float32 and not few.vectors.flags.writeable


@pytest.mark.parametrize("count", range(4))
def test_saved_and_loaded(count: int, tmp_path: Path) -> None:
    before = made(count)
    before.save(tmp_path / "file")
    after = Embeddings.load(tmp_path / "file")
    np.testing.assert_array_equal(after.vectors, before.vectors)
    for name in ("ids", "labels", "layer", "options", "skipped", "model", "images"):
        assert getattr(after, name) == getattr(before, name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_callers_array_is_neither_kept_nor_changed() -> None:
    values = np.ones((2, 3), np.float32)
    kept = made(2, vectors=values, labels=())
    values[0] = 5
    assert kept.vectors.max() == 1 and values.flags.writeable


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"vectors": np.zeros(3)}, "shape"),
        ({"vectors": np.zeros((3, 0))}, "shape"),
        ({"vectors": [["x"], ["y"], ["z"]]}, "shape"),
        ({"vectors": np.full((3, 2), np.nan)}, "nan"),
        ({"ids": ["a", "b"]}, "lengths"),
        ({"labels": ["a"]}, "lengths"),
        ({"ids": ["a", "b", "a"]}, "ids"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        made(**changes)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_subsets_keep_order_and_names() -> None:
    part = made().subset([2, 0])
    assert (part.ids, part.labels, part.layer) == (("i2", "i0"), ("ü", "a"), "layer4")
    np.testing.assert_array_equal(part.vectors, made().vectors[[2, 0]])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_foreign_bytes_are_refused(data: bytes, at: int) -> None:
    spliced = made().to_bytes()[:at] + data
    for each in (data, spliced):
        with pytest.raises(FeatvizError):
            Embeddings.from_bytes(each)


def test_other_contents_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="something else"):
        Embeddings.from_bytes(pack({"vectors": np.zeros((1, 1))}, {}))
    with pytest.raises(BadInput, match="cannot be read"):
        Embeddings.load(tmp_path / "nothing")
    with pytest.raises(BadInput, match="cannot be written"):
        made().save(tmp_path / "no" / "folder")
    with pytest.raises(BadArchive):
        Embeddings.from_bytes(b"")
