"""The store: results on disk by kind, found again by what they depend on, by page and command line alike."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from featviz.errors import BadArchive
from featviz.store.checked_file import SUFFIX_PART, Arrays, unpack, write_atomic

__all__ = ["DEFAULT_BYTES", "Store", "shared_store"]

DEFAULT_BYTES = 4 << 30
_KIND = re.compile("[a-z][a-z_]*")
_PLAIN = "embedding"
"""The kind whose files carry it alone, as they did when it was the only one; of others it stands before the ending."""
_WHOLE_PLAIN, _WHOLE, _PIECE = f".{_PLAIN}", ".kept", ".piece"
_QUARANTINE = "quarantine"
_MAX_QUARANTINED = 8
_STALE = 24 * 3600.0
_LOG = logging.getLogger("featviz.store")

Content = tuple[Arrays, dict[str, Any]]


class Store:
    """Immutable files in a folder, each whole, checked when read, the longest unused removed when room is short.

    Whatever the disk does, nothing here raises: without a disk there is no store, and `trouble` says so.

    What is kept has a kind, such as "embedding", and a key, hexadecimal digits for all that it depends on. Other
    files in the folder are left alone.

    Args:
        folder: where; made when first needed. None keeps nothing.
        limit: bytes of all files together.
        quotas: by kind, bytes of all files of that kind; one without a quota may fill the limit.

    Attributes:
        trouble: what is wrong with the disk, in a sentence, or "".
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None,
        limit: int = DEFAULT_BYTES,
        quotas: Mapping[str, int] | None = None,
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self.limit = limit
        self.quotas = dict(quotas or {})
        self.trouble = ""
        self._lock = threading.Lock()
        self._swept = False

    def path(self, kind: str, key: str) -> Path | None:
        """Where what was kept under this kind and key lies, if it does."""
        folder = self._ready()
        file = folder / _file_name(kind, key) if folder else None
        return file if file and file.is_file() else None

    def find(self, kind: str, key: str) -> Content | None:
        """What was kept under this kind and key, or None; a corrupt file is put aside."""
        folder = self._ready()
        return self._read(folder / _file_name(kind, key)) if folder else None

    def keep(self, kind: str, key: str, data: bytes) -> None:
        """Keep a sealed file for good, in place of the pieces that led to it."""
        if self._write(kind, _file_name(kind, key), data):
            for path in self._pieces(kind, key):
                _remove(path)

    def pieces(self, kind: str, key: str) -> list[Content]:
        """What work that was cut short has left under this kind and key, in the order in which it was done."""
        contents = [self._read(path) for path in self._pieces(kind, key)]
        return [content for content in contents if content is not None]

    def keep_piece(self, kind: str, key: str, data: bytes) -> None:
        """Keep a sealed piece of work that goes on."""
        of = "" if _validate_kind(kind) == _PLAIN else f".{kind}"
        self._write(kind, f"{key}.{time.time_ns():020}{of}{_PIECE}", data)

    def _pieces(self, kind: str, key: str) -> list[Path]:
        folder = self._ready()
        listed = sorted(folder.glob(f"{key}.*{_PIECE}")) if folder else []
        return [path for path in listed if _kind_of(path) == _validate_kind(kind)]

    def _ready(self) -> Path | None:
        """The folder, made and swept once."""
        if self.folder is None:
            return None
        with self._lock:
            if not self._swept:
                try:
                    self.folder.mkdir(parents=True, exist_ok=True)
                    _sweep(self.folder)
                except OSError as error:
                    self._report(error)
                    return None
                self._swept = True
        return self.folder

    def _read(self, path: Path) -> Content | None:
        try:
            data = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._report(error)
            return None
        try:
            return unpack(data)
        except BadArchive:
            _quarantine(path)
            return None

    def _write(self, kind: str, name: str, data: bytes) -> bool:
        folder = self._ready()
        quota = min(self.limit, self.quotas.get(kind, self.limit))
        if folder is None or len(data) > quota:
            return False
        try:
            _make_room(folder, len(data), quota, kind)
            _make_room(folder, len(data), self.limit)
            write_atomic(folder / name, data)
        except OSError as error:
            self._report(error)
            return False
        return True

    def _report(self, error: OSError) -> None:
        """Say once what is wrong."""
        if not self.trouble:
            why = f"What is computed is not kept on disk ({error.strerror})"
            self.trouble = f"{why}: make room there or name another folder."
            _LOG.warning(self.trouble)


@lru_cache(maxsize=1)
def shared_store() -> Store:
    """This user's store: in `FEATVIZ_STORE`, or under the folder for caches; `FEATVIZ_STORE_GB` bounds it."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = os.environ.get("FEATVIZ_STORE") or Path(cache) / "featviz" / "embeddings"
    gigabytes = os.environ.get("FEATVIZ_STORE_GB", "")
    limit = int(float(gigabytes) * 1e9) if gigabytes.replace(".", "", 1).isdecimal() else DEFAULT_BYTES
    return Store(folder, limit)


def _validate_kind(kind: str) -> str:
    """A kind's name.

    Raises:
        ValueError: it could not be told from other files' names, a mistake in the program.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is no name of a kind of result.")
    return kind


def _file_name(kind: str, key: str) -> str:
    return f"{key}{_WHOLE_PLAIN}" if _validate_kind(kind) == _PLAIN else f"{key}.{kind}{_WHOLE}"


def _kind_of(path: Path) -> str:
    """The kind of result in a file of the store; "" where it is none."""
    parts = path.name.split(".")[1:]
    if path.suffix == _WHOLE_PLAIN or (path.suffix == _PIECE and len(parts) == 2):
        return _PLAIN
    if (path.suffix == _WHOLE and len(parts) == 2) or (path.suffix == _PIECE and len(parts) == 3):
        return parts[-2]
    return ""


def _make_room(folder: Path, size: int, limit: int, kind: str = "") -> None:
    """Remove what was unused longest, of one kind or of all, until `size` bytes fit under the limit."""
    stored = sorted(each for each in _sizes(folder) if kind in ("", _kind_of(each[2])))
    total = size + sum(length for _, length, _ in stored)
    for _, length, path in stored:
        if total <= limit:
            return
        _remove(path)
        total -= length


def _sizes(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file was last used, and its bytes; another process may remove files meanwhile."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if _kind_of(path):
                status = path.stat()
                yield status.st_mtime, status.st_size, path


def _sweep(folder: Path) -> None:
    """Remove what processes that died while writing have left."""
    for path in folder.glob(f"*{SUFFIX_PART}"):
        if not _alive(path.name.partition(".")[0]) or time.time() - path.stat().st_mtime > _STALE:
            _remove(path)


def _alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _quarantine(path: Path) -> None:
    """Move a corrupt file where it can be looked at; only the last few are kept."""
    aside = path.parent / _QUARANTINE
    try:
        aside.mkdir(exist_ok=True)
        path.replace(aside / path.name)
        old = sorted(aside.iterdir(), key=lambda each: each.stat().st_mtime)[:-_MAX_QUARANTINED]
    except OSError:
        old = [path]
    for each in old:
        _remove(each)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.debug("%s stays: %s", path.name, error.strerror)
