"""A table of labels: which image is of which class."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from featviz.errors import BadInput
from featviz.text import printable

__all__ = ["Labels", "read_labels"]

_MAX_BYTES = 20 << 20
_MAX_ROWS = 1_000_000
_FILE = ("file", "filename", "file_name", "image", "image_id", "path", "name", "id")
_LABEL = ("label", "class", "classname", "class_name", "category", "target", "y")


@dataclass(frozen=True)
class Labels:
    """Labels by the image's path; where that is unambiguous, also by its file name, with or without ending."""

    by_path: Mapping[str, str]
    by_name: Mapping[str, str]
    by_stem: Mapping[str, str]

    def of(self, path: str) -> str | None:
        """The label of the image at `path`, parts joined by "/"."""
        name = path.rpartition("/")[2]
        stem = name.rpartition(".")[0] or name
        return self.by_path.get(path) or self.by_name.get(name) or self.by_stem.get(stem)


def read_labels(data: bytes) -> Labels:
    """Read a CSV of two columns or more, divided by commas, semicolons or tabs.

    The columns are found by their titles (file, filename, image, path, ...; label, class, category, ...).
    Without such titles the first two columns are the file and its label.

    Args:
        data: the file, UTF-8 or Latin-1, at most 20 MB and a million rows.

    Raises:
        BadInput: with a code `labels`: it is no such table.
    """
    if len(data) > _MAX_BYTES:
        raise _refusal(f"it has {len(data) >> 20} MB, more than {_MAX_BYTES >> 20}")
    text = _decoded(data)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)) if row]
    except csv.Error as error:
        raise _refusal(f"its rows cannot be told apart ({error})") from error
    if not rows or len(rows) > _MAX_ROWS or min(map(len, rows)) < 2:
        raise _refusal("it has no rows, more than a million, or rows of a single column")
    file, label, start = _columns(rows[0])
    if any(len(row) <= max(file, label) for row in rows):
        raise _refusal("some rows are shorter than the first")
    return _indexed((row[file], row[label]) for row in rows[start:])


def _indexed(pairs: Iterable[tuple[str, str]]) -> Labels:
    by_path = {
        path.strip().replace("\\", "/").removeprefix("./"): printable(label.strip()) for path, label in pairs
    }
    names = [(path.rpartition("/")[2], label) for path, label in by_path.items()]
    return Labels(
        by_path, _unambiguous(names), _unambiguous((n.rpartition(".")[0] or n, label) for n, label in names)
    )


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    labels: dict[str, str] = {}
    ambiguous: set[str] = set()
    for name, label in pairs:
        if labels.setdefault(name, label) != label:
            ambiguous.add(name)
    return {name: label for name, label in labels.items() if name not in ambiguous}


def _columns(first: Sequence[str]) -> tuple[int, int, int]:
    """Where file and label stand, and the first row that is no title."""
    titles = [title.strip().lower() for title in first]
    file = next((titles.index(title) for title in _FILE if title in titles), None)
    label = next((titles.index(title) for title in _LABEL if title in titles), None)
    if file is None and label is None:
        return 0, 1, 0
    other = {0: 1}.get(label if file is None else file, 0)  # type: ignore[arg-type]
    return (other if file is None else file), (other if label is None else label), 1


def _delimiter(text: str) -> str:
    line = text.partition("\n")[0]
    return max(",;\t", key=line.count)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _refusal(why: str) -> BadInput:
    return BadInput(
        f"This is no table of labels, {why}: write a CSV with the columns file and label.", code="labels"
    )
