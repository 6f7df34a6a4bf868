"""What makes the samples of a set when they are asked for: plain data, which can be sent to another process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from featviz.data.images.reading import image_digest, read_image
from featviz.data.sets.listing import ImageFile
from featviz.data.sets.sample import Sample
from featviz.errors import BadImage

__all__ = ["FileReader", "Positions", "pixels_digest"]

T = TypeVar("T")


class FileReader:
    """Reads the files of a set and holds them to what they were when the set was opened.

    Args:
        files: of the set.
        ids: theirs, fit to be shown.
    """

    def __init__(self, files: Sequence[ImageFile], ids: Sequence[str]) -> None:
        self._files, self._ids = files, ids
        self._digests = {index: file.digest for index, file in enumerate(files) if file.digest}

    def sample(self, index: int) -> Sample:
        """Read one.

        Raises:
            BadImage: it is damaged or not there, or it has changed.
        """
        file = self._files[index]
        data, digest = file.content()
        if self._digests.setdefault(index, digest) != digest:
            raise BadImage(
                f"{self._ids[index]} has changed since the set was opened: open it anew.", code="changed"
            )
        return Sample(read_image(data), self._ids[index], file.label)

    def digest(self, index: int) -> str:
        """SHA-256 of its bytes, as they were first read."""
        if index not in self._digests:
            self._digests[index] = self._files[index].content()[1]
        return self._digests[index]


class Positions(Generic[T]):
    """Asks by a position in a subset what knows the positions in the whole; callable.

    Args:
        whole: answers for a position in the whole.
        positions: of the subset's samples in the whole.
    """

    def __init__(self, whole: Callable[[int], T], positions: Sequence[int]) -> None:
        self._whole, self._positions = whole, positions

    def __call__(self, index: int) -> T:
        """What the whole says of the subset's sample `index`."""
        return self._whole(self._positions[index])


def pixels_digest(sample: Callable[[int], Sample], index: int) -> str:
    """SHA-256 of a sample's image."""
    return image_digest(sample(index).image)
