"""The images of a zip archive, and of several files at once: both may come from anybody."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from featviz.data.archives import UPLOAD_LIMITS, Archive, ArchiveLimits, Entry, open_archive, open_archive_at
from featviz.data.sets.folder import PathLike, read_file
from featviz.data.sets.labels import Labels, read_labels
from featviz.data.sets.listing import IMAGE_ENDINGS, FileListing, ImageFile, Skipped
from featviz.errors import BadArchive, BadInput
from featviz.text import printable

__all__ = ["list_files", "list_zip"]

_NESTED = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst")
_SILENT = ("thumbs.db", "desktop.ini")


def list_zip(
    file: bytes | PathLike, labels: bytes | PathLike | None = None, limits: ArchiveLimits = UPLOAD_LIMITS
) -> FileListing:
    """List an archive's images in its own order; no image is unpacked.

    The class is the folder an image lies in, or what a table says: the one given, `labels.csv` at the top of
    the archive, or a file beside it that has its name and the ending .csv.

    Raises:
        BadArchive: it is no zip, hostile, or beyond the limits.
        BadInput: there is no such file, or the table is none.
    """
    archive = open_archive(file, limits) if isinstance(file, bytes) else _opened(Path(file), limits)
    table = _table(archive, file, labels)
    results = [each for each in (_listed(archive, entry, table) for entry in archive.entries) if each]
    images = tuple(each for each in results if isinstance(each, ImageFile))
    skipped = tuple(each for each in results if isinstance(each, Skipped))
    if not images:
        raise BadArchive(
            "This archive holds no images that can be read: zip a folder of JPEG or PNG files.",
            code="no_images",
        )
    name = "zip" if isinstance(file, bytes) else printable(Path(file).stem)
    return FileListing(name, images, skipped)


def list_files(
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes] | PathLike], labels: bytes | None = None
) -> FileListing:
    """List images handed over one by one: names with bytes, or paths on this machine.

    Raises:
        BadInput: something else came.
    """
    table = read_labels(labels) if labels is not None else None
    sources = files.items() if isinstance(files, Mapping) else files
    images = tuple(_image_file(each, table) for each in sources)
    return FileListing("files", images)


def _image_file(source: object, table: Labels | None) -> ImageFile:
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        name, file = path.name, ImageFile(path.name, partial(read_file, path, 20 << 20))
    elif isinstance(source, tuple) and len(source) == 2 and isinstance(source[1], bytes):
        name = str(source[0]).replace("\\", "/").lstrip("/")
        file = ImageFile(name, partial(bytes, source[1]))
    else:
        raise BadInput("Files come as (name, bytes) or as paths: something else came.", code="files")
    return ImageFile(name, file.read, table.of(name) if table else file.parent)


def _listed(archive: Archive, entry: Entry, table: Labels | None) -> ImageFile | Skipped | None:
    """An image, or why not; None for what archivers leave behind."""
    *folders, base = entry.name.split("/")
    ending = os.path.splitext(base.lower())[1]  # noqa: PTH122 - a name, not a path of this machine
    if "__MACOSX" in folders or base.startswith(".") or base.lower() in _SILENT or ending == ".csv":
        return None
    if entry.refused:
        return Skipped(printable(entry.name), *entry.refused)
    if ending in _NESTED:
        return Skipped(printable(entry.name), "An archive in an archive is not unpacked.", "nested")
    if ending not in IMAGE_ENDINGS:
        return Skipped(
            printable(entry.name), "Its name does not end like an image's, such as .jpg or .png.", "type"
        )
    file = ImageFile(entry.name, partial(archive.read, entry))
    return ImageFile(entry.name, file.read, table.of(entry.name) if table else file.parent)


def _table(archive: Archive, file: bytes | PathLike, labels: bytes | PathLike | None) -> Labels | None:
    if labels is not None:
        return read_labels(labels if isinstance(labels, bytes) else _on_disk(Path(labels), 20 << 20))
    inside = next(
        (entry for entry in archive.entries if entry.name == "labels.csv" and not entry.refused), None
    )
    if inside is not None:
        return read_labels(archive.read(inside))
    if not isinstance(file, bytes) and (beside := Path(file).with_suffix(".csv")).is_file():
        return read_labels(_on_disk(beside, 20 << 20))
    return None


def _opened(path: Path, limits: ArchiveLimits) -> Archive:
    try:
        return open_archive_at(path.absolute(), limits)
    except OSError as error:
        raise _unreadable(path, error) from error


def _on_disk(path: Path, max_bytes: int) -> bytes:
    try:
        return read_file(path, max_bytes)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> BadInput:
    return BadInput(
        f"{printable(path.name)!r} cannot be read: {error.strerror}. Check its name.", code="file"
    )
