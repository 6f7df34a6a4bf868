"""Reading archives that may come from anybody: their sizes are known before anything is unpacked."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadArchive, BadImage
from featviz.text import printable

__all__ = [
    "UPLOAD_LIMITS",
    "Archive",
    "ArchiveLimits",
    "Entry",
    "open_archive",
    "open_archive_at",
    "read_npz",
]

_MAX_ARRAYS = 64
_MAX_BYTES = 1 << 30


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
        if len(sizes) > _MAX_ARRAYS or sum(sizes) > _MAX_BYTES:
            raise BadArchive(
                f"An NPZ file with {len(sizes)} arrays of {sum(sizes) / 1e6:.0f} MB came: at most {_MAX_ARRAYS} of "
                f"{_MAX_BYTES / 1e6:.0f} MB are read.",
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


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may hold, all read off its header before anything is unpacked.

    Attributes:
        bytes: of the file itself.
        entries: files in it.
        unpacked: bytes of all of them together.
        each: bytes of one.
        ratio: unpacked bytes for each packed one, of files above 1 MiB and of the whole.
    """

    bytes: int = 200 << 20
    entries: int = 5_000
    unpacked: int = 512 << 20
    each: int = 20 << 20
    ratio: int = 200


UPLOAD_LIMITS = ArchiveLimits()
_EXTRAS = 4  # folders and what archivers leave behind come on top of the files that count
_HEADER = 30
_RATIO_FROM = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A file in an archive.

    Attributes:
        name: parts joined by "/"; relative, without "..".
        refused: a sentence and a code, where it is not to be read.
        info: for the reader.
    """

    name: str
    refused: tuple[str, str] | None
    info: zipfile.ZipInfo


@dataclass(frozen=True, eq=False)
class Archive:
    """A zip archive found harmless; its files are unpacked one by one, in memory, when they are asked for."""

    entries: tuple[Entry, ...]
    _file: zipfile.ZipFile
    _limits: ArchiveLimits
    _path: Path | None = None

    def __reduce__(self) -> tuple[Callable[..., Archive], tuple[object, ...]]:
        """To another process goes where the archive lies; one that lies nowhere goes as its bytes."""
        if self._path is not None:
            return open_archive_at, (self._path, self._limits)
        assert isinstance(self._file.fp, io.BytesIO)  # noqa: S101 - open_archive makes it
        return open_archive, (self._file.fp.getvalue(), self._limits)

    def read(self, entry: Entry) -> bytes:
        """Unpack one file; safe from any thread.

        Raises:
            BadImage: with a code `damaged`: its data do not fit its header.
        """
        try:
            with self._file.open(entry.info) as file:
                return file.read(self._limits.each + 1)
        except Exception as error:  # BadZipFile, zlib.error, EOFError, NotImplementedError, ...
            raise BadImage(
                "This file is damaged in its archive, or not as long as the header says: zip it again.",
                code="damaged",
            ) from error


def open_archive(data: bytes, limits: ArchiveLimits = UPLOAD_LIMITS) -> Archive:
    """Open a zip archive that may come from anybody; everything is judged by its header.

    Files that are links, or packed in another way than usual, are marked as refused; everything worse
    refuses the whole archive.

    Args:
        data: the archive.
        limits: what it may hold.

    Raises:
        BadArchive: with a code `file_too_big`, `too_many_files`, `not_a_zip`, `encrypted`, `path`,
            `duplicate`, `overlap`, `sizes`, `too_big` or `bomb`.
    """
    _check_file(data, limits)
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # BadZipFile, UnicodeDecodeError, struct.error, NotImplementedError, ...
        raise BadArchive(
            "This file is no zip archive, or a damaged one: zip the folder of images again.",
            code="not_a_zip",
        ) from error
    infos = [info for info in file.infolist() if not info.is_dir()]
    names = [_checked_name(info) for info in infos]
    if len(infos) > limits.entries:
        raise _too_many_files(limits)
    if len(set(names)) < len(names):
        raise BadArchive("Two files in this archive have one name: zip the folder again.", code="duplicate")
    _check_sizes(infos, limits)
    _check_offsets(infos, file.start_dir)
    entries = (Entry(name, _refused(info), info) for name, info in zip(names, infos, strict=True))
    return Archive(tuple(entries), file, limits)


def open_archive_at(path: Path, limits: ArchiveLimits = UPLOAD_LIMITS) -> Archive:
    """Open one that lies on this machine; errors as `open_archive`.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(limits.bytes + 1)
    return replace(open_archive(data, limits), _path=path)


def _check_file(data: bytes, limits: ArchiveLimits) -> None:
    if len(data) > limits.bytes:
        raise BadArchive(
            f"This archive has more than the {limits.bytes >> 20} MB that are read: split it.",
            code="file_too_big",
        )
    # Each entry of the directory begins so. Counting costs nothing; listing millions would cost memory.
    if data.count(b"PK\1\2") > _EXTRAS * limits.entries:
        raise _too_many_files(limits)


def _checked_name(info: zipfile.ZipInfo) -> str:
    """The entry's path, parts joined by "/"."""
    raw = info.orig_filename
    if "\0" in raw:
        raise BadArchive("A file name in this archive is cut by a zero: zip the folder again.", code="path")
    if info.flag_bits & 1:
        raise BadArchive("This archive is encrypted: zip the images without a password.", code="encrypted")
    name = _decoded(raw, utf8=bool(info.flag_bits & 0x800)).replace("\\", "/").removeprefix("./")
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        raise BadArchive(
            f"A file in this archive would lie outside it ({printable(name)}): zip the folder itself.",
            code="path",
        )
    return name


def _decoded(name: str, *, utf8: bool) -> str:
    """Many archivers write UTF-8 without saying so; read as an old code page, that is recognised."""
    if utf8 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _check_sizes(infos: Sequence[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    total, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if total > limits.unpacked:
        raise BadArchive(
            f"Unpacked, this archive would have {total / 1e6:,.0f} MB, more than the "
            f"{limits.unpacked / 1e6:,.0f} MB that are read: split it.",
            code="too_big",
        )
    sizes = [(total, packed), *((info.file_size, info.compress_size) for info in infos)]
    if any(size > _RATIO_FROM and size > limits.ratio * max(small, 1) for size, small in sizes):
        raise BadArchive(
            f"Files in this archive would grow more than {limits.ratio} times when unpacked: images do not.",
            code="bomb",
        )
    if any(
        info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size for info in infos
    ):
        raise BadArchive(
            "The sizes in this archive's header contradict each other: zip it again.", code="sizes"
        )


def _check_offsets(infos: Sequence[zipfile.ZipInfo], end: int) -> None:
    """Files must lie one after the other: a few bytes that stand for many files are a bomb."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    starts = [info.header_offset for info in ordered] + [end]
    for info, following in zip(ordered, starts[1:], strict=True):
        if info.header_offset < 0 or info.header_offset + _HEADER + info.compress_size > following:
            raise BadArchive("Files in this archive overlap: zip the folder again.", code="overlap")


def _refused(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "This is a link or a device, not a file; it is not followed.", "symlink"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "It is packed in an unusual way: zip it with the usual one (deflate).", "compression"
    return None


def _too_many_files(limits: ArchiveLimits) -> BadArchive:
    return BadArchive(
        f"This archive holds more than the {limits.entries:,} files that are read: split it.",
        code="too_many_files",
    )
