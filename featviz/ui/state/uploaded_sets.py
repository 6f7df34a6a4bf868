"""Image sets and embeddings that visitors hand over: sorted by what the files are, and read."""

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

__all__ = ["ENDINGS", "File", "OwnSet", "digest_of", "open_own"]

File = tuple[str, bytes]
_ARCHIVES, _TABLES, _VECTORS = (".zip",), (".csv",), (".npz", ".parquet", ".safetensors")
ENDINGS = tuple(each[1:] for each in (*_ARCHIVES, *sorted(IMAGE_ENDINGS), *_TABLES, *_VECTORS))
"""Of the names of all files that are taken."""


@dataclass(frozen=True, eq=False)
class OwnSet:
    """What a visitor's files hold: images, embeddings, or embeddings and the images they are of."""

    images: ImageSet | None
    brought: Embeddings | None


def digest_of(files: Sequence[File]) -> str:
    """32 hexadecimal digits over the names and bytes of all files, whatever their order."""
    digests = sorted(hashlib.sha256(name.encode() + b"\0" + data).hexdigest() for name, data in files)
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:32]


def open_own(files: Sequence[File]) -> OwnSet:
    """Read a visitor's files: a zip or pictures, a CSV of labels beside them, and embeddings.

    A CSV beside pictures is a table of labels; alone it holds embeddings.

    Raises:
        BadArchive, BadImage, BadInput: they cannot be read within limits, or do not belong together.
    """
    archives, tables, vectors = (_ending(files, each) for each in (_ARCHIVES, _TABLES, _VECTORS))
    pictures = [file for file in files if file not in (*archives, *tables, *vectors)]
    if not pictures and not archives:
        vectors, tables = [*vectors, *tables], []
    _check(archives, tables, vectors, pictures)
    labels = tables[0][1] if tables else None
    brought = read_embeddings(vectors[0][1]) if vectors else None
    images = _images(archives, pictures, labels)
    if images is not None and labels is not None and not images.classes:
        raise BadInput(
            "The table of labels names none of these pictures: its first column must hold their file names.",
            code="labels",
        )
    if images is not None and brought is not None:
        images = _pictures_of(brought, images)
    return OwnSet(images, brought)


def _ending(files: Sequence[File], endings: tuple[str, ...]) -> list[File]:
    return [file for file in files if file[0].lower().endswith(endings)]


def _check(*kinds: Sequence[File]) -> None:
    archives, tables, vectors, pictures = kinds
    if max(len(archives), len(tables), len(vectors), bool(archives) + bool(pictures)) > 1:
        raise BadInput(
            "One set is read at a time: one zip or several pictures, with at most one table of labels and one "
            "file of embeddings. Take the other files away.",
            code="files",
        )
    if (
        len(pictures) > UPLOAD_LIMITS.entries
        or sum(len(data) for _, data in pictures) > UPLOAD_LIMITS.unpacked
    ):
        raise BadInput(
            f"At most {UPLOAD_LIMITS.entries:,} pictures and {UPLOAD_LIMITS.unpacked >> 20} MB are read at a time: "
            "hand over fewer.",
            code="too_large",
        )


def _images(archives: Sequence[File], pictures: Sequence[File], labels: bytes | None) -> ImageSet | None:
    if archives:
        return ImageSet.from_zip(archives[0][1], labels=labels)
    if not pictures:
        return None
    images = ImageSet.from_files(pictures, labels=labels)
    if not len(images):
        raise BadInput(f"None of these files is a picture: {images.skipped[0].reason}", code="no_images")
    return images


def _pictures_of(brought: Embeddings, images: ImageSet) -> ImageSet:
    """The pictures of embeddings, row by row: told by id, by file name, or by name without its ending."""
    places = _places(brought, images)
    if not any(place is not None for place in places):
        raise BadInput(
            "No embedding has the name of a picture: give them ids, which are the pictures' file names.",
            code="ids",
        )

    def sample(row: int) -> Sample:
        place = places[row]
        if place is None:
            raise BadImage(f"There is no picture called {brought.ids[row]}.", code="missing")
        return images[place]

    entries = tuple(zip(brought.ids, brought.labels, strict=True))
    classes = tuple(sorted({each for each in brought.labels if each is not None}))
    return ImageSet(
        images.name,
        len(brought),
        sample,
        classes,
        digest=lambda row: images.digest(places[row] or 0),
        skipped=images.skipped,
        entries=entries,
    )


def _places(brought: Embeddings, images: ImageSet) -> list[int | None]:
    ids = [name for name, _label in images.entries or ()]
    if brought.ids == tuple(map(str, range(len(ids)))):
        return list(range(len(ids)))
    spellings: tuple[Callable[[str], str], ...] = (str, _base, _stem)
    found: list[dict[str, int]] = [
        {spell(name): place for place, name in reversed(list(enumerate(ids)))} for spell in spellings
    ]
    return [
        next(
            (
                table[spell(each)]
                for table, spell in zip(found, spellings, strict=True)
                if spell(each) in table
            ),
            None,
        )
        for each in brought.ids
    ]


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    base = _base(name)
    return base.rpartition(".")[0] or base
