"""The store: embeddings on disk, found again by what they depend on, by the page and the command line alike."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from featviz.errors import BadArchive
from featviz.store.checked_file import SUFFIX_PART, Arrays, unseal, write_whole

__all__ = ["DEFAULT_BYTES", "Store", "shared_store"]

DEFAULT_BYTES = 4 << 30
_WHOLE, _PIECE = ".embedding", ".piece"
_QUARANTINE = "quarantine"
_MOST_QUARANTINED = 8
_STALE = 24 * 3600.0
_LOG = logging.getLogger("featviz.store")

Content = tuple[Arrays, dict[str, Any]]


class Store:
    """Immutable files in a folder, each whole, checked when read, the longest unused removed when room is short.

    Whatever the disk does, nothing here raises: without a disk there is no store, and `trouble` says so.

    Args:
        folder: where; made when first needed. None keeps nothing.
        limit: bytes of all files together.

    Attributes:
        trouble: what is wrong with the disk, in a sentence, or "".
    """

    def __init__(self, folder: str | os.PathLike[str] | None, limit: int = DEFAULT_BYTES) -> None:
        self.folder = None if folder is None else Path(folder)
        self.limit = limit
        self.trouble = ""
        self._lock = threading.Lock()
        self._swept = False

    def path(self, key: str) -> Path | None:
        """Where the embeddings of a key lie, if they do."""
        place = self._ready()
        file = place / f"{key}{_WHOLE}" if place else None
        return file if file and file.is_file() else None

    def find(self, key: str) -> Content | None:
        """What was kept under this key, or None; a corrupt file is put aside."""
        place = self._ready()
        return self._read(place / f"{key}{_WHOLE}") if place else None

    def keep(self, key: str, data: bytes) -> None:
        """Keep a sealed file for good, in place of the pieces that led to it."""
        if self._write(f"{key}{_WHOLE}", data):
            self._drop_pieces(key)

    def pieces(self, key: str) -> list[Content]:
        """What work that was cut short has left under this key, in the order in which it was done."""
        place = self._ready()
        found = [self._read(path) for path in sorted(place.glob(f"{key}.*{_PIECE}"))] if place else []
        return [content for content in found if content is not None]

    def keep_piece(self, key: str, data: bytes) -> None:
        """Keep a sealed piece of work that goes on."""
        self._write(f"{key}.{time.time_ns():020}{_PIECE}", data)

    def _drop_pieces(self, key: str) -> None:
        for path in self.folder.glob(f"{key}.*{_PIECE}") if self.folder else ():
            _remove(path)

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
                    self._tell(error)
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
            self._tell(error)
            return None
        try:
            return unseal(data)
        except BadArchive:
            _put_aside(path)
            return None

    def _write(self, name: str, data: bytes) -> bool:
        place = self._ready()
        if place is None or len(data) > self.limit:
            return False
        try:
            self._make_room(place, len(data))
            write_whole(place / name, data)
        except OSError as error:
            self._tell(error)
            return False
        return True

    def _make_room(self, place: Path, size: int) -> None:
        """Remove what was unused longest until `size` bytes fit under the limit."""
        kept = sorted(_sizes(place))
        total = size + sum(length for _, length, _ in kept)
        for _, length, path in kept:
            if total <= self.limit:
                return
            _remove(path)
            total -= length

    def _tell(self, error: OSError) -> None:
        """Say once what is wrong."""
        if not self.trouble:
            self.trouble = (
                f"Embeddings are not kept on disk ({error.strerror}): make room there or name another folder."
            )
            _LOG.warning(self.trouble)


@lru_cache(maxsize=1)
def shared_store() -> Store:
    """This user's store: in `FEATVIZ_STORE`, or under the folder for caches; `FEATVIZ_STORE_GB` bounds it."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = os.environ.get("FEATVIZ_STORE") or Path(cache) / "featviz" / "embeddings"
    gigabytes = os.environ.get("FEATVIZ_STORE_GB", "")
    limit = int(float(gigabytes) * 1e9) if gigabytes.replace(".", "", 1).isdecimal() else DEFAULT_BYTES
    return Store(folder, limit)


def _sizes(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file was last used, and its bytes; another process may remove files meanwhile."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.suffix in (_WHOLE, _PIECE):
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


def _put_aside(path: Path) -> None:
    """Move a corrupt file where it can be looked at; only the last few are kept."""
    aside = path.parent / _QUARANTINE
    try:
        aside.mkdir(exist_ok=True)
        path.replace(aside / path.name)
        old = sorted(aside.iterdir(), key=lambda each: each.stat().st_mtime)[:-_MOST_QUARANTINED]
    except OSError:
        old = [path]
    for each in old:
        _remove(each)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.debug("%s stays: %s", path.name, error.strerror)
