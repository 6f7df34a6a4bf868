"""The image sets of this server by id: bundled ones, folders, what users handed over, and parts of these."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.registry import BUNDLED_SETS
from featviz.representation.embeddings import Embeddings
from featviz.text import printable
from featviz.ui.state.cache import SETS
from featviz.ui.state.feedback import cached_compute
from featviz.ui.state.served_folders import served_folders
from featviz.ui.state.uploaded_sets import File, digest_of, open_uploaded

__all__ = [
    "BUNDLED",
    "ChosenSet",
    "cached_upload",
    "open_bundled_set",
    "open_folder",
    "open_upload",
    "part_of",
]

BUNDLED = {"shapes": "Shapes world", "digits": "Handwritten digits", "photos": "Photographs"}
_MAX_CHECKED = 5000
_ENTRY_BYTES = 500
_ROW_BYTES = 200


@dataclass(frozen=True, eq=False)
class ChosenSet:
    """An image set, uploaded embeddings, or these with their images: row i is image i.

    Attributes:
        id: what a link carries: "shapes", "folder/<id>", "upload/<digest>", "selection/<id>".
        name: fit to be shown; it may come from a user.
        images: None where embeddings came without them.
        embeddings: embeddings that are there already.
        content: tells apart what two sets hold, also of different lengths or versions.
        image_bytes: bytes of memory that its images stand on.
    """

    id: str
    name: str
    images: ImageSet | None
    embeddings: Embeddings | None = None
    content: str = ""
    image_bytes: int = 0

    def __len__(self) -> int:
        """Count the images, or the embeddings where there are no images."""
        return len(self.images if self.images is not None else self.embeddings or ())


def open_bundled_set(name: str, length: int) -> ChosenSet:
    """One of `BUNDLED`; `length` counts for Shapes alone, of the others all images are taken."""
    count = length if name == "shapes" else BUNDLED_SETS[name].shown

    def make() -> ChosenSet:
        images = ImageSet.bundled(name, count)
        return ChosenSet(name, BUNDLED[name], images, content=f"{name} {len(images)}")

    return SETS.compute(("set", name, count), make, lambda _set: _ENTRY_BYTES)


def open_folder(folder_id: str) -> ChosenSet:
    """A folder out of `served_folders`; damaged images of large ones show when they are asked for.

    Raises:
        BadInput: the folder is gone, or holds too many files.
    """
    path = served_folders()[folder_id]

    def make() -> ChosenSet:
        listed = ImageSet.from_folder(path, check=False)
        images = listed if len(listed) > _MAX_CHECKED else ImageSet.from_folder(path)
        names = hashlib.sha256("\n".join(f"{name} {label}" for name, label in images.entries or ()).encode())
        return ChosenSet(folder_id, path.name, images, content=f"{folder_id} {names.hexdigest()[:16]}")

    key = ("set", folder_id, _changed(path))
    return cached_compute(
        SETS,
        key,
        make,
        lambda chosen: _ENTRY_BYTES * (len(chosen) + 1),
        doing="Reading the folder",
        reads=True,
    )


def open_upload(files: Sequence[File]) -> ChosenSet:
    """What a user's files hold, read once and kept for a while under the digest of the files.

    Raises:
        FeatvizError: as `open_uploaded`.
    """
    upload_id = f"upload/{digest_of(files)}"

    def make() -> ChosenSet:
        upload = open_uploaded(files)
        return ChosenSet(upload_id, _called(files), upload.images, upload.embeddings, upload_id, size)

    size = sum(len(data) for _, data in files)
    return cached_compute(
        SETS, ("set", upload_id), make, lambda _set: size, doing="Reading your files", reads=True
    )


def cached_upload(upload_id: str) -> ChosenSet | None:
    """The set of an id, which may come from an address, or None where this server does not have it."""
    cached: ChosenSet | None = SETS.get(("set", upload_id))
    return cached


def part_of(whole: ChosenSet, positions: Sequence[int] | NDArray[np.integer], name: str) -> ChosenSet:
    """The images and embeddings at `positions` as a set of its own, kept for a while: its thumbnails need it.

    Raises:
        BadInput: a position that is not there.
    """
    rows = [int(position) for position in positions]
    digest = hashlib.sha256(f"{whole.content} {rows}".encode()).hexdigest()[:32]
    part_id = f"selection/{digest}"

    def make() -> ChosenSet:
        images = None if whole.images is None else whole.images.subset(rows, name)
        embeddings = None if whole.embeddings is None else whole.embeddings.subset(rows)
        return ChosenSet(part_id, name, images, embeddings, part_id, whole.image_bytes)

    return SETS.compute(("part", part_id, name), make, lambda part: part.image_bytes + _ROW_BYTES * len(rows))


def _called(files: Sequence[File]) -> str:
    first = printable(files[0][0])
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"


def _changed(path: Path) -> float:
    """When a folder's own list of files changed last."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
