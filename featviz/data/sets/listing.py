"""The files of an image set: where the bytes come from, what was left out and why."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from featviz.data.images.reading import check_image
from featviz.data.names import unique
from featviz.errors import BadImage, FeatvizError
from featviz.text import printable

__all__ = ["IMAGE_ENDINGS", "FileListing", "ImageFile", "Skipped", "unique_ids", "verify"]

IMAGE_ENDINGS = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jpe", ".jfif")
)
_READERS = max(1, min(8, os.cpu_count() or 1))


@dataclass(frozen=True)
class Skipped:
    """A file that is not in the set.

    Attributes:
        name: fit to be shown.
        reason: a plain sentence.
        code: of the refusal, such as "damaged" or "symlink".
    """

    name: str
    reason: str
    code: str


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An image's file.

    Attributes:
        name: where it lies in its set, parts joined by "/"; not yet fit to be shown.
        read: its bytes, anew each time.
        label: its class, where known.
        digest: SHA-256 of its bytes, where they were read already.
    """

    name: str
    read: Callable[[], bytes]
    label: str | None = None
    digest: str = ""

    @property
    def parent(self) -> str | None:
        """The folder it lies in, fit to be shown, or None at the top."""
        folder = self.name.rpartition("/")[0].rpartition("/")[2]
        return printable(folder) or None

    def content(self) -> tuple[bytes, str]:
        """Its bytes and their SHA-256.

        Raises:
            BadImage: with a code `unreadable` or `damaged`.
        """
        try:
            data = self.read()
        except OSError as error:
            raise BadImage(
                f"{printable(self.name)} cannot be read ({error.strerror}): see that it is still there.",
                code="unreadable",
            ) from error
        return data, hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, eq=False)
class FileListing:
    """What a folder, an archive or several files hold: images, and what was left out."""

    name: str
    files: tuple[ImageFile, ...]
    skipped: tuple[Skipped, ...] = ()


def verify(listing: FileListing) -> FileListing:
    """Decode every image as cheaply as that can be done; damaged and foreign ones move to `skipped`."""
    with ThreadPoolExecutor(_READERS, thread_name_prefix="check-images") as pool:
        results = list(pool.map(_check, listing.files))
    files = tuple(each for each in results if isinstance(each, ImageFile))
    skipped = tuple(each for each in results if isinstance(each, Skipped))
    return FileListing(listing.name, files, listing.skipped + skipped)


def unique_ids(files: Iterable[ImageFile]) -> list[str]:
    """Ids of members, in order: printable, none twice."""
    return unique(printable(file.name) for file in files)


def _check(file: ImageFile) -> ImageFile | Skipped:
    try:
        data, digest = file.content()
        check_image(data)
    except FeatvizError as error:
        return Skipped(printable(file.name), str(error), error.code)
    return replace(file, digest=digest)
