"""Image sets: images with ids, labels and, where known, the truth about them, made when asked for.

A set can be sent to another process, where it makes the same images.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import SupportsIndex

from featviz.data.archives import UPLOAD_LIMITS, ArchiveLimits
from featviz.data.sets.folder import PathLike, list_folder
from featviz.data.sets.listing import FileListing, Skipped, unique_ids, verify
from featviz.data.sets.reader import FileReader, Positions, pixels_digest
from featviz.data.sets.registry import BUNDLED_SETS
from featviz.data.sets.sample import Sample
from featviz.data.sets.zip import list_files, list_zip
from featviz.data.shapes.shapes import ShapesFactors
from featviz.errors import BadImage, BadInput

__all__ = ["ImageSet", "Sample"]


class ImageSet:
    """A named sequence of samples; `images[i]` makes the i-th anew each time, the same in every process.

    Attributes:
        name: the set's name.
        classes: the labels that occur, in the order of the networks' logits; empty where there are no labels.
        skipped: files that were found but are no part of the set, each with its reason.
        entries: id and label of every sample, where they are known without making the images.
        factors: gives what image i is made from, where that is known without making it.
    """

    def __init__(
        self,
        name: str,
        length: int,
        sample: Callable[[int], Sample],
        classes: tuple[str, ...] = (),
        *,
        digest: Callable[[int], str] | None = None,
        skipped: tuple[Skipped, ...] = (),
        entries: tuple[tuple[str, str | None], ...] | None = None,
        factors: Callable[[int], ShapesFactors] | None = None,
    ) -> None:
        self.name = name
        self.classes = classes
        self.skipped = skipped
        self.entries = entries
        self.factors = factors
        self._length = length
        self._sample = sample
        self._digest = digest or partial(pixels_digest, sample)

    @staticmethod
    def bundled(name: str, length: int | None = None) -> ImageSet:
        """Open a set that comes with featviz.

        The first images of a set are the same whatever its length. As long as they come unasked, none of them
        was trained on by the bundled networks; of the digits beyond the first 500 all were.

        Args:
            name: "shapes" (2,000 images 64x64 with masks and factors, up to 10,000), "digits" (500 scans
                32x32, up to 1,797) or "photos" (14 photographs of at most 640x640).
            length: how many images.

        Raises:
            BadInput: there is no such set, or it has not so many images.
        """
        if name not in BUNDLED_SETS:
            raise BadInput(
                f"No bundled image set is called {name!r}; choose one of {', '.join(BUNDLED_SETS)}.",
                code="ImageSetNotFound",
            )
        entry = BUNDLED_SETS[name]
        count = entry.usual if length is None else length
        if not 1 <= count <= entry.max_length:
            raise BadInput(
                f"The set {name} has 1 to {entry.max_length:,} images; {count:,} were asked for.",
                code="length",
            )
        return ImageSet(name, count, entry.sample, entry.classes, digest=entry.digest, factors=entry.factors)

    @staticmethod
    def from_folder(
        path: PathLike, *, labels: bytes | PathLike | None = None, check: bool = True
    ) -> ImageSet:
        """Open the images of a folder on this machine, sorted by path; ids are paths inside the folder.

        The class of an image is the folder it lies in, or what a table says: the one given, `labels.csv`
        inside, or a CSV beside the folder of the same name. Links that leave the folder are ignored. Whatever
        is left out stands in `skipped` with its reason.

        Args:
            path: the folder; at most 200,000 files.
            labels: a CSV with the columns file and label.
            check: decode every file once, cheaply, so that no damaged one is counted. Without it, one that
                is damaged is told when it is asked for.

        Raises:
            BadInput: there is no such folder, it holds too many files, or the table is none.
        """
        return _from_listing(list_folder(path, labels), check=check)

    @staticmethod
    def from_zip(
        file: bytes | PathLike,
        *,
        labels: bytes | PathLike | None = None,
        limits: ArchiveLimits = UPLOAD_LIMITS,
        check: bool = True,
    ) -> ImageSet:
        """Open the images of a zip archive, which may come from anybody; labels, ids as `from_folder`.

        Args:
            file: its bytes, or where it lies on this machine.
            labels: a CSV with the columns file and label.
            limits: refused is what is beyond them, before anything is unpacked.
            check: as `from_folder`.

        Raises:
            BadArchive: it is no zip, is hostile, beyond the limits, or holds no images.
            BadInput: there is no such file, or the table is none.
        """
        return _from_listing(list_zip(file, labels, limits), check=check)

    @staticmethod
    def from_files(
        files: Mapping[str, bytes] | Iterable[tuple[str, bytes] | PathLike],
        *,
        labels: bytes | None = None,
        check: bool = True,
    ) -> ImageSet:
        """Open images handed over one by one: names with their bytes, or paths on this machine.

        Raises:
            BadInput: something else came, or the table is none.
        """
        return _from_listing(list_files(files, labels), check=check)

    def digest(self, index: int) -> str:
        """SHA-256 of what image `index` is made from, as 64 hexadecimal digits: equal for equal files."""
        return self._digest(range(self._length)[index])

    def subset(self, positions: Sequence[int], name: str = "") -> ImageSet:
        """A set of the samples at `positions`, in that order.

        Raises:
            BadInput: a position that is not there.
        """
        chosen = [int(position) for position in positions]
        if any(not 0 <= position < self._length for position in chosen):
            raise BadInput(f"{self.name} has only the images 0 to {self._length - 1}.", code="ImageNotFound")
        return ImageSet(
            name or f"{len(chosen)} of {self.name}",
            len(chosen),
            Positions(self._sample, chosen),
            self.classes,
            digest=Positions(self._digest, chosen),
            entries=tuple(self.entries[position] for position in chosen) if self.entries else None,
            factors=None if self.factors is None else Positions(self.factors, chosen),
        )

    def __len__(self) -> int:
        """Count the images."""
        return self._length

    def __getitem__(self, index: SupportsIndex) -> Sample:
        """Make the sample at `index`; negative ones count from the end.

        Raises:
            BadInput: the set has no such index.
            BadImage: its file is damaged, or has changed since the set was opened.
        """
        try:
            position = range(self._length)[operator.index(index)]
        except (IndexError, TypeError):
            raise BadInput(
                f"{self.name} has no image {index!r}; its {self._length} images are numbered "
                f"0 to {self._length - 1}.",
                code="ImageNotFound",
            ) from None
        return self._sample(position)

    def read(self, index: int) -> Sample | Skipped:
        """The sample at `index`, or why its file cannot be read."""
        try:
            return self[index]
        except BadImage as error:
            return Skipped(self.entry_name(index), str(error), error.code)

    def entry_name(self, index: int) -> str:
        """The id of the sample at `index`, also where it cannot be read."""
        return self.entries[index][0] if self.entries else f"image {index}"

    def __iter__(self) -> Iterator[Sample]:
        """Make one sample after the other."""
        return map(self._sample, range(self._length))

    def __repr__(self) -> str:
        """Say which set this is and how long."""
        return f"<ImageSet {self.name}: {self._length} images>"


def _from_listing(listing: FileListing, *, check: bool) -> ImageSet:
    listing = verify(listing) if check else listing
    files, ids = listing.files, unique_ids(listing.files)
    reader = FileReader(files, ids)
    labels = [file.label for file in files]
    return ImageSet(
        listing.name,
        len(files),
        reader.sample,
        tuple(sorted({label for label in labels if label is not None})),
        digest=reader.digest,
        skipped=listing.skipped,
        entries=tuple(zip(ids, labels, strict=True)),
    )
