"""Image sets and embeddings that users hand over: sorted by what the files are, and read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from featviz.data.archives import UPLOAD_LIMITS
from featviz.data.sets.image_set import ImageSet, Sample
from featviz.data.sets.listing import IMAGE_ENDINGS
from featviz.errors import BadImage, BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.import_embeddings import read_embeddings

__all__ = ["ENDINGS", "File", "UploadedSet", "digest_of", "open_uploaded"]

File = tuple[str, bytes]
_ARCHIVES, _TABLES, _VECTORS = (".zip",), (".csv",), (".npz", ".parquet", ".safetensors")
ENDINGS = tuple(each[1:] for each in (*_ARCHIVES, *sorted(IMAGE_ENDINGS), *_TABLES, *_VECTORS))
"""Of the names of all files that are taken."""


@dataclass(frozen=True, eq=False)
class UploadedSet:
    """What a user's files hold: images, embeddings, or embeddings and the images they are of."""

    images: ImageSet | None
    embeddings: Embeddings | None


def digest_of(files: Sequence[File]) -> str:
    """32 hexadecimal digits over the names and bytes of all files, whatever their order."""
    digests = sorted(hashlib.sha256(name.encode() + b"\0" + data).hexdigest() for name, data in files)
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:32]


def open_uploaded(files: Sequence[File]) -> UploadedSet:
    """Read a user's files: a zip or images, a CSV of labels beside them, and embeddings.

    A CSV beside images is a table of labels; alone it holds embeddings.

    Raises:
        BadArchive, BadImage, BadInput: they cannot be read within limits, or do not belong together.
    """
    archives, tables, vectors = (_ending(files, each) for each in (_ARCHIVES, _TABLES, _VECTORS))
    image_files = [file for file in files if file not in (*archives, *tables, *vectors)]
    if not image_files and not archives:
        vectors, tables = [*vectors, *tables], []
    _check(archives, tables, vectors, image_files)
    labels = tables[0][1] if tables else None
    embeddings = read_embeddings(vectors[0][1]) if vectors else None
    images = _images(archives, image_files, labels)
    if images is not None and labels is not None and not images.classes:
        raise BadInput(
            "The table of labels names none of these images: its first column must hold their file names.",
            code="labels",
        )
    if images is not None and embeddings is not None:
        images = _images_of(embeddings, images)
    return UploadedSet(images, embeddings)


def _ending(files: Sequence[File], endings: tuple[str, ...]) -> list[File]:
    return [file for file in files if file[0].lower().endswith(endings)]


def _check(*kinds: Sequence[File]) -> None:
    archives, tables, vectors, image_files = kinds
    if max(len(archives), len(tables), len(vectors), bool(archives) + bool(image_files)) > 1:
        raise BadInput(
            "One set is read at a time: one zip or several images, with at most one table of labels and one "
            "file of embeddings. Take the other files away.",
            code="files",
        )
    if (
        len(image_files) > UPLOAD_LIMITS.entries
        or sum(len(data) for _, data in image_files) > UPLOAD_LIMITS.unpacked
    ):
        raise BadInput(
            f"At most {UPLOAD_LIMITS.entries:,} images and {UPLOAD_LIMITS.unpacked >> 20} MB are read at a time: "
            "hand over fewer.",
            code="too_large",
        )


def _images(archives: Sequence[File], image_files: Sequence[File], labels: bytes | None) -> ImageSet | None:
    if archives:
        return ImageSet.from_zip(archives[0][1], labels=labels)
    if not image_files:
        return None
    images = ImageSet.from_files(image_files, labels=labels)
    if not len(images):
        raise BadInput(f"None of these files is an image: {images.skipped[0].reason}", code="no_images")
    return images


def _images_of(embeddings: Embeddings, images: ImageSet) -> ImageSet:
    """The images of embeddings, row by row: told by id, by file name, or by name without its ending."""
    positions = _positions(embeddings, images)
    if not any(position is not None for position in positions):
        raise BadInput(
            "No embedding has the name of an image: give them ids, which are the images' file names.",
            code="ids",
        )

    def sample(row: int) -> Sample:
        position = positions[row]
        if position is None:
            raise BadImage(f"There is no image called {embeddings.ids[row]}.", code="missing")
        return images[position]

    entries = tuple(zip(embeddings.ids, embeddings.labels, strict=True))
    classes = tuple(sorted({each for each in embeddings.labels if each is not None}))
    return ImageSet(
        images.name,
        len(embeddings),
        sample,
        classes,
        digest=lambda row: images.digest(positions[row] or 0),
        skipped=images.skipped,
        entries=entries,
    )


def _positions(embeddings: Embeddings, images: ImageSet) -> list[int | None]:
    ids = [name for name, _label in images.entries or ()]
    if embeddings.ids == tuple(map(str, range(len(ids)))):
        return list(range(len(ids)))
    spellings: tuple[Callable[[str], str], ...] = (str, _base, _stem)
    tables: list[dict[str, int]] = [
        {spell(name): position for position, name in reversed(list(enumerate(ids)))} for spell in spellings
    ]
    return [
        next(
            (
                table[spell(each)]
                for table, spell in zip(tables, spellings, strict=True)
                if spell(each) in table
            ),
            None,
        )
        for each in embeddings.ids
    ]


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    base = _base(name)
    return base.rpartition(".")[0] or base
