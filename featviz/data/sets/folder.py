"""The images of a folder on this machine, for whoever runs featviz; never a path from a visitor."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from featviz.data.images.limits import MAX_BYTES
from featviz.data.sets.labels import Labels, read_labels
from featviz.data.sets.listing import IMAGE_ENDINGS, FileListing, ImageFile, Skipped
from featviz.errors import BadInput
from featviz.text import printable

__all__ = ["MAX_FILES", "PathLike", "list_folder", "read_file"]

PathLike = str | os.PathLike[str]
MAX_FILES = 200_000


def list_folder(path: PathLike, labels: bytes | PathLike | None = None) -> FileListing:
    """List a folder's images, sorted by their path in it; nothing is opened.

    The class is the folder an image lies in, or what a table says: the one given, `labels.csv` inside, or a
    file beside the folder that has its name and the ending .csv. Links to folders are not followed, links to
    files only where they stay inside.

    Raises:
        BadInput: there is no such folder, it holds more than 200,000 files, or the table is none.
    """
    root = Path(path)
    if not root.is_dir():
        raise BadInput(
            f"There is no folder {printable(str(path))!r}: name one that holds images.", code="folder"
        )
    root = root.resolve()
    table = _table(root, labels)
    images: list[ImageFile] = []
    skipped: list[Skipped] = []
    for file in _files(root):
        result = _listed(file, root, table)
        if isinstance(result, ImageFile):
            images.append(result)
        elif result is not None:
            skipped.append(result)
    return FileListing(printable(root.name) or "folder", tuple(images), tuple(skipped))


def read_file(path: PathLike, max_bytes: int) -> bytes:
    """A regular file's bytes, at most one more than `max_bytes`."""
    with Path(path).open("rb") as file:
        return file.read(max_bytes + 1)


def _files(root: Path) -> Iterator[Path]:
    """Everything in a folder that is no folder, sorted; hidden names and links to folders are left out."""
    listed: list[Path] = []
    for parent, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        listed += [Path(parent, name) for name in files if not name.startswith(".")]
        listed += [Path(parent, name) for name in folders if Path(parent, name).is_symlink()]
        if len(listed) > MAX_FILES:
            raise BadInput(
                f"This folder holds more than the {MAX_FILES:,} files that are read: choose a part of it.",
                code="too_many_files",
            )
    return iter(sorted(listed, key=lambda file: file.relative_to(root).parts))


def _listed(file: Path, root: Path, table: Labels | None) -> ImageFile | Skipped | None:
    """An image, or why not; None for what nobody expects to be one."""
    name = file.relative_to(root).as_posix()
    if file.is_symlink() and not (file.resolve().is_relative_to(root) and file.is_file()):
        return Skipped(
            printable(name), "This is a link that leads out of its folder or to another.", "symlink"
        )
    if file.suffix.lower() not in IMAGE_ENDINGS:
        return None if file.suffix.lower() == ".csv" or file.name == "Thumbs.db" else _foreign(name)
    if not stat.S_ISREG(file.stat().st_mode):
        return Skipped(printable(name), "This is no regular file.", "not_a_file")
    image_file = ImageFile(name, partial(read_file, file, MAX_BYTES))
    return ImageFile(name, image_file.read, table.of(name) if table else image_file.parent)


def _foreign(name: str) -> Skipped:
    return Skipped(printable(name), "Its name does not end like an image's, such as .jpg or .png.", "type")


def _table(root: Path, labels: bytes | PathLike | None) -> Labels | None:
    if labels is not None:
        return read_labels(labels if isinstance(labels, bytes) else _bytes_of_table(Path(labels)))
    for path in (root / "labels.csv", root.parent / f"{root.name}.csv"):
        if path.is_file() and not path.is_symlink():
            return read_labels(_bytes_of_table(path))
    return None


def _bytes_of_table(path: Path) -> bytes:
    try:
        return read_file(path, 20 << 20)
    except OSError as error:
        raise BadInput(
            f"The table of labels cannot be read: {error.strerror}. Check its name.", code="labels"
        ) from error
