"""Embeddings a visitor brings: NPZ, CSV, Parquet, or a file that `Embeddings.save` wrote."""

from __future__ import annotations

import csv
import importlib
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.data.archives import read_npz
from featviz.data.names import unique
from featviz.errors import BadArchive, BadInput
from featviz.representation.embeddings import Embeddings
from featviz.text import printable

__all__ = ["MAX_BYTES", "MAX_ROWS", "MAX_VALUES", "read_embeddings"]

MAX_BYTES = 200 << 20
MAX_ROWS = 1_000_000
MAX_VALUES = 1 << 28
_VECTORS = ("vectors", "embeddings", "features", "x")
_IDS = ("ids", "id", "names", "name", "file", "filename", "path", "image")
_LABELS = ("labels", "label", "class", "category", "target")

Columns = Mapping[str, Sequence[Any] | NDArray[Any]]


def read_embeddings(data: bytes) -> Embeddings:
    """Read embeddings that may come from anybody; nothing in them is run.

    An NPZ file holds an array `vectors` (or its only array of two dimensions) and, if it likes, `ids` and
    `labels`. In CSV and Parquet every column of numbers is a dimension, except those called id or label; CSV
    may do without titles. Rows without ids are numbered.

    Args:
        data: at most 200 MB, a million rows and 2^28 numbers.

    Raises:
        BadArchive: it is damaged, or holds Python objects.
        BadInput: it is in no such format, holds no vectors, or passes the limits.
    """
    if len(data) > MAX_BYTES:
        raise _refusal(f"it has {len(data) >> 20} MB, and at most {MAX_BYTES >> 20} are read", "file_too_big")
    if data[:2] == b"PK":
        return _from_arrays(read_npz(data))
    if data[:4] == b"PAR1":
        return _from_columns(_parquet(data))
    if data[8:9] == b"{":
        return Embeddings.from_bytes(data)
    return _from_columns(_csv(data))


def _from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Embeddings:
    lower = {name.lower(): array for name, array in arrays.items()}
    named = next((lower[name] for name in _VECTORS if name in lower), None)
    tables = [array for array in lower.values() if array.ndim == 2 and array.dtype.kind in "fiu"]
    if named is None and len(tables) != 1:
        raise _refusal("it has no array called vectors, nor a single one of two dimensions", "vectors")
    vectors = tables[0] if named is None else named
    _check_size(len(vectors) if vectors.ndim else 0, vectors.size)
    return _build(vectors, _first_column(lower, _IDS), _first_column(lower, (*_LABELS, "y")))


def _from_columns(columns: Columns) -> Embeddings:
    lower = {name.strip().lower(): values for name, values in columns.items()}
    ids, labels = _first_column(lower, _IDS), _first_column(lower, _LABELS)
    dimensions = [
        column
        for name, values in lower.items()
        if name not in (*_IDS, *_LABELS) and (column := _as_floats(values)) is not None
    ]
    if not dimensions:
        raise _refusal("no column holds numbers", "vectors")
    return _build(np.stack(dimensions, axis=1), ids, labels)


def _build(vectors: NDArray[Any], ids: Sequence[Any] | None, labels: Sequence[Any] | None) -> Embeddings:
    numbered = map(str, range(len(vectors)))
    texts = numbered if ids is None else (printable(str(each)) for each in ids)
    classes = () if labels is None else tuple(printable(str(each)) or None for each in labels)
    return Embeddings(vectors=vectors, ids=tuple(unique(texts)), labels=classes)


def _first_column(columns: Columns, names: Iterable[str]) -> Sequence[Any] | None:
    column = next((columns[name] for name in names if name in columns), None)
    return None if column is None else list(np.asarray(column).reshape(-1).tolist())


def _as_floats(values: Sequence[Any] | NDArray[Any]) -> NDArray[np.float32] | None:
    try:
        return np.asarray(values, np.float32).reshape(len(values))
    except (TypeError, ValueError):
        return None


def _csv(data: bytes) -> dict[str, Sequence[Any]]:
    try:
        text = data.decode("utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        listed = [row for row in itertools.islice(rows, MAX_ROWS + 2) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refusal("it is neither NPZ, CSV nor Parquet", "format") from error
    if not listed or len({len(row) for row in listed}) != 1:
        raise _refusal("its rows are not all of one length", "format")
    titled = not any(_is_number(cell) for cell in listed[0])
    titles = listed.pop(0) if titled else [f"column {index}" for index in range(len(listed[0]))]
    _check_size(len(listed), len(listed) * len(titles))
    if len({title.strip().lower() for title in titles}) < len(titles) or not listed:
        raise _refusal("two columns have one title, or there are no rows", "format")
    columns: dict[str, Sequence[Any]] = dict(zip(titles, zip(*listed, strict=True), strict=True))
    first = titles[0]
    if not titled and _as_floats(columns[first]) is None:
        columns["id"] = columns.pop(first)
    return columns


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _parquet(data: bytes) -> dict[str, NDArray[Any]]:
    parquet: Any = _optional("pyarrow.parquet")
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        shape = file.metadata.num_rows, file.metadata.num_columns
    except Exception as error:  # pyarrow raises many types
        raise BadArchive("This Parquet file is damaged: write it again.", code="parquet") from error
    _check_size(shape[0], shape[0] * shape[1])
    unpacked = sum(
        file.metadata.row_group(each).total_byte_size for each in range(file.metadata.num_row_groups)
    )
    if unpacked > MAX_VALUES * 8:
        raise _refusal("unpacked it would have more than 2 GB", "too_large")
    try:
        table = file.read()
        return {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}
    except Exception as error:  # as above
        raise BadArchive("This Parquet file is damaged: write it again.", code="parquet") from error


def _optional(module: str) -> object:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise BadInput(
            "Parquet is read only where pyarrow is installed: save NPZ or CSV instead.", code="parquet"
        ) from error


def _check_size(rows: int, values: int) -> None:
    if rows > MAX_ROWS or values > MAX_VALUES:
        raise _refusal(
            f"it holds {rows:,} rows and {values:,} numbers, and at most {MAX_ROWS:,} and {MAX_VALUES:,} are read",
            "too_large",
        )


def _refusal(why: str, code: str) -> BadInput:
    return BadInput(
        f"This file holds no embeddings that can be read, {why}: write an NPZ file with an array vectors (n, d).",
        code=code,
    )
