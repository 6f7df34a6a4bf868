"""NPZ files: what was written is read, and what may come from anybody is refused in a sentence."""

import io
import zipfile

import numpy as np
import pytest

from featviz.data.archives import read_npz
from featviz.errors import BadArchive


def written(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def test_arrays_are_read_as_they_were_written() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    found = read_npz(written(values=values, word=np.array("häuser")))
    np.testing.assert_array_equal(found["values"], values)
    assert str(found["word"]) == "häuser"


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(3):
            archive.writestr(f"{number}.npy", bytes(400 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        written(values=np.arange(9))[:-30],
        written(objects=np.array([{}, []], dtype=object)),
        written(**{f"a{number}": np.zeros(1) for number in range(65)}),
    ],
    ids=["empty", "text", "cut", "objects", "many"],
)
def test_what_is_no_archive_of_arrays_is_refused(data: bytes) -> None:
    with pytest.raises(BadArchive, match="NPZ"):
        read_npz(data)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(BadArchive, match="1258 MB"):
        read_npz(bomb())
