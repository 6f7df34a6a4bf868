"""Reading archives that may come from anybody: their sizes are known before anything is unpacked."""

import io
import zipfile

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadArchive

__all__ = ["read_npz"]

_MOST_ARRAYS = 64
_MOST_BYTES = 1 << 30


def read_npz(data: bytes) -> dict[str, NDArray[np.generic]]:
    """The arrays of an NPZ file by name; nothing in it is run.

    Args:
        data: the file, at most 64 arrays of 1 GiB in all.

    Raises:
        BadArchive: it is none, is damaged, is too large, or holds Python objects.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
        if len(sizes) > _MOST_ARRAYS or sum(sizes) > _MOST_BYTES:
            raise BadArchive(
                f"An NPZ file with {len(sizes)} arrays of {sum(sizes) / 1e6:.0f} MB came: at most {_MOST_ARRAYS} of "
                f"{_MOST_BYTES / 1e6:.0f} MB are read.",
                code="npz",
            )
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except BadArchive:
        raise
    except Exception as error:  # whatever a damaged archive makes its readers raise
        raise BadArchive(
            "This is no NPZ file, it is damaged, or it holds Python objects.", code="npz"
        ) from error
