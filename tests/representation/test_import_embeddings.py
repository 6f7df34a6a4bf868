"""Embeddings that visitors bring: honest files in each format are read, everything else is refused."""

import io

import numpy as np
import pytest

from featviz.errors import BadInput, FeatvizError
from featviz.representation import import_embeddings
from featviz.representation.embeddings import Embeddings
from featviz.representation.import_embeddings import read_embeddings

VALUES = np.arange(6, dtype=np.float32).reshape(3, 2) / 4


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def parquet(**columns: object) -> bytes:
    pandas = pytest.importorskip("pandas")
    buffer = io.BytesIO()
    pandas.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


TABLE = b"id,x,label,y2\na,0,cat,0.25\nb,0.5,dog,0.75\nc,1,cat,1.25\n"


@pytest.mark.parametrize(
    "data",
    [
        npz(vectors=VALUES, ids=np.array(["a", "b", "c"]), labels=np.array(["cat", "dog", "cat"])),
        npz(
            Features=VALUES.astype(np.float64),
            id=np.array(["a", "b", "c"]),
            y=np.array(["cat", "dog", "cat"]),
        ),
        TABLE,
        TABLE.replace(b",", b";"),
        b"\xef\xbb\xbf" + TABLE.replace(b"\n", b"\r\n"),
        parquet(p=VALUES[:, 0], q=VALUES[:, 1], id=["a", "b", "c"], label=["cat", "dog", "cat"]),
        Embeddings(VALUES, ("a", "b", "c"), ("cat", "dog", "cat")).to_bytes(),
    ],
    ids=["npz", "npz other names", "csv", "semicolons", "windows", "parquet", "saved"],
)
def test_each_format_is_read(data: bytes) -> None:
    found = read_embeddings(data)
    assert (found.ids, found.labels) == (("a", "b", "c"), ("cat", "dog", "cat"))
    np.testing.assert_array_equal(found.vectors, VALUES)


def test_titles_ids_and_labels_may_lack() -> None:
    plain = read_embeddings(b"0,0.25\n0.5,0.75\n1,1.25\n")
    np.testing.assert_array_equal(plain.vectors, VALUES)
    assert plain.ids == ("0", "1", "2")
    assert read_embeddings(b"one,1,2\ntwo,3,4\n").ids == ("one", "two")
    assert read_embeddings(npz(anything=VALUES)).labels == (None, None, None)


def test_names_are_made_fit() -> None:
    found = read_embeddings(npz(vectors=VALUES, ids=np.array(["a\u202e", "b", "b"]), labels=np.arange(3)))
    assert found.ids == ("a\ufffd", "b", "b~2")
    assert found.labels == ("0", "1", "2")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"a,b\n",
        b"a,b\n1\n",
        b"a,a\n1,2\n",
        b"id,label\na,b\n",
        b"x,y\n1,nan\n",
        b"\xff\xfe\x00",
        b"PK\3\4 broken",
        b"PAR1 broken",
        npz(a=VALUES, b=VALUES),
        npz(vectors=np.zeros(3)),
        npz(vectors=np.array([{}], dtype=object)),
        npz(vectors=VALUES, ids=np.array(["a"])),
    ],
    ids=range(14),
)
def test_everything_else_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(FeatvizError, match=r"\.$"):
        read_embeddings(data)


@pytest.mark.parametrize(
    ("limit", "data"),
    [
        ("MAX_ROWS", TABLE),
        ("MAX_BYTES", TABLE),
        ("MAX_VALUES", npz(vectors=VALUES)),
        ("MAX_VALUES", parquet(p=VALUES[:, 0], q=VALUES[:, 1])),
    ],
    ids=range(4),
)
def test_limits_hold(limit: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_embeddings, limit, 2)
    with pytest.raises(BadInput, match="at most"):
        read_embeddings(data)
