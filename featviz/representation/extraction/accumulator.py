"""Vectors as they come in, of one layer: in memory by position, on disk as pieces and at last as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings, Vectors
from featviz.store.checked_file import Arrays, seal

__all__ = ["MAX_VECTOR_BYTES", "Gathering"]

MAX_VECTOR_BYTES = 2 << 30
_PASSING = ("changed", "unreadable")  # what is wrong with a file now may be right the next time

Name = tuple[str, str | None]


class Gathering:
    """The vectors of one layer for the images of a set.

    Args:
        images: the set.
    """

    def __init__(self, images: ImageSet) -> None:
        self._images = images
        self._vectors: Vectors | None = None
        self._names: dict[int, Name] = {}
        self._skipped: dict[int, Skipped] = {}
        self._fresh: list[int] = []

    @property
    def done(self) -> set[int]:
        """The positions that are gathered or left out."""
        return {*self._names, *self._skipped}

    @property
    def lasting(self) -> bool:
        """Whether it would be the same the next time."""
        return not any(each.code in _PASSING for each in self._skipped.values())

    def add(self, positions: Sequence[int], names: Sequence[Name], vectors: Vectors) -> None:
        """Take in a batch's vectors (N, d); those that are not finite are left out.

        Raises:
            BadInput: all of them together would need more than 2 GiB.
        """
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
        places = np.asarray(positions, np.int64)
        self._rows(vectors.shape[1])[places[finite]] = vectors[finite]
        for position, name, good in zip(positions, names, finite, strict=True):
            if good:
                self._names[position] = name
            else:
                reason = "The layer's output for this picture is not finite."
                self._skipped[position] = Skipped(name[0], reason, "nan")
        self._fresh += positions

    def skip(self, skipped: Mapping[int, Skipped]) -> None:
        """Leave images out."""
        self._skipped.update(skipped)
        self._fresh += skipped

    def take(self, arrays: Arrays, about: Mapping[str, Any]) -> bool:
        """Take in what was kept on disk; whether it was of this kind."""
        try:
            positions, vectors = arrays["positions"], arrays["vectors"]
            names = [(str(each), label) for each, label in about["names"]]
            skipped = {int(place): Skipped(*map(str, each)) for place, *each in about["skipped"]}
            places = [*positions.tolist(), *skipped]
        except (KeyError, TypeError, ValueError):
            return False
        fits = len(positions) == len(vectors) == len(names) and vectors.ndim == 2
        same = self._vectors is None or not len(vectors) or vectors.shape[1] == self._vectors.shape[1]
        if not (fits and same and all(0 <= place < len(self._images) for place in places)):
            return False
        if len(vectors):
            self._rows(vectors.shape[1])[positions] = vectors
        self._names.update(zip(positions.tolist(), names, strict=True))
        self._skipped.update(skipped)
        return True

    def piece(self) -> bytes | None:
        """What came since the last piece, sealed, or None."""
        fresh, self._fresh = self._fresh, []
        return self._sealed(fresh) if fresh else None

    def whole(self) -> bytes:
        """Everything, sealed."""
        return self._sealed(range(len(self._images)))

    def embeddings(self, **made: Any) -> Embeddings:
        """The result: images in the set's order, under their present ids and labels."""
        places = sorted(self._names)
        entries = self._images.entries
        names = [entries[place] if entries else self._names[place] for place in places]
        return Embeddings(
            vectors=self._of(places),
            ids=tuple(name for name, _ in names),
            labels=tuple(label for _, label in names),
            images=self._images.name,
            skipped=(*self._images.skipped, *(self._skipped[place] for place in sorted(self._skipped))),
            **made,
        )

    def _rows(self, dimensions: int) -> Vectors:
        if self._vectors is None:
            needed = len(self._images) * dimensions * 4
            if needed > MAX_VECTOR_BYTES:
                raise BadInput(
                    f"{len(self._images):,} vectors of {dimensions:,} numbers need {needed / 1e9:.1f} GB, more than "
                    f"{MAX_VECTOR_BYTES / 1e9:.1f}: pool the layer with mean, or take fewer images.",
                    code="too_large",
                )
            self._vectors = np.zeros((len(self._images), dimensions), np.float32)
        return self._vectors

    def _of(self, places: Sequence[int]) -> Vectors:
        return np.zeros((0, 0), np.float32) if self._vectors is None else self._vectors[places]

    def _sealed(self, places: Iterable[int]) -> bytes:
        listed = list(places)
        have = [place for place in listed if place in self._names]
        skipped = [(place, self._skipped[place]) for place in listed if place in self._skipped]
        positions: NDArray[np.int64] = np.asarray(have, np.int64)
        about = {
            "names": [self._names[place] for place in have],
            "skipped": [
                [place, each.name, each.reason, each.code]
                for place, each in skipped
                if each.code not in _PASSING
            ],
        }
        return seal({"vectors": self._of(have), "positions": positions}, about)
