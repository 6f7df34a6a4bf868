"""Accumulating the vectors of one layer: in memory by position, on disk as pieces and at last as one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings, Vectors
from featviz.store.checked_file import Arrays, pack

__all__ = ["MAX_VECTOR_BYTES", "PASSING", "VectorAccumulator"]

MAX_VECTOR_BYTES = 2 << 30
PASSING = ("changed", "unreadable")  # what is wrong with a file now may be right the next time

Name = tuple[str, str | None]


class VectorAccumulator:
    """The vectors of one layer for the images of a set, which can be flushed to disk and restored.

    Args:
        images: the set.
    """

    def __init__(self, images: ImageSet) -> None:
        self._images = images
        self._vectors: Vectors | None = None
        self._names: dict[int, Name] = {}
        self._skipped: dict[int, Skipped] = {}
        self._pending: list[int] = []

    @property
    def done(self) -> set[int]:
        """The positions whose vector is here or that are left out."""
        return {*self._names, *self._skipped}

    @property
    def reproducible(self) -> bool:
        """Whether every skipped image was skipped for a permanent reason, so that the result may be stored."""
        return not any(each.code in PASSING for each in self._skipped.values())

    def add(self, positions: Sequence[int], names: Sequence[Name], vectors: Vectors) -> None:
        """Take in a batch's vectors (N, d); those that are not finite are left out.

        Raises:
            BadInput: all of them together would need more than 2 GiB.
        """
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
        indices = np.asarray(positions, np.int64)
        self._rows(vectors.shape[1])[indices[finite]] = vectors[finite]
        for position, name, good in zip(positions, names, finite, strict=True):
            if good:
                self._names[position] = name
            else:
                reason = "The layer's output for this image is not finite."
                self._skipped[position] = Skipped(name[0], reason, "nan")
        self._pending += positions

    def skip(self, skipped: Mapping[int, Skipped]) -> None:
        """Leave images out."""
        self._skipped.update(skipped)
        self._pending += skipped

    def restore(self, arrays: Arrays, about: Mapping[str, Any]) -> bool:
        """Take in what `flush` or `finalize` packed; False where it does not fit this set, which then is unchanged."""
        try:
            positions, vectors = arrays["positions"], arrays["vectors"]
            names = [(str(each), label) for each, label in about["names"]]
            skipped = {int(position): Skipped(*map(str, each)) for position, *each in about["skipped"]}
            restored = [*positions.tolist(), *skipped]
        except (KeyError, TypeError, ValueError):
            return False
        fits = len(positions) == len(vectors) == len(names) and vectors.ndim == 2
        same = self._vectors is None or not len(vectors) or vectors.shape[1] == self._vectors.shape[1]
        if not (fits and same and all(0 <= position < len(self._images) for position in restored)):
            return False
        if len(vectors):
            self._rows(vectors.shape[1])[positions] = vectors
        self._names.update(zip(positions.tolist(), names, strict=True))
        self._skipped.update(skipped)
        return True

    def flush(self) -> bytes | None:
        """What came since the last flush, as the bytes of a file, or None."""
        pending, self._pending = self._pending, []
        return self._packed(pending) if pending else None

    def finalize(self) -> bytes:
        """Everything, as the bytes of a file."""
        return self._packed(range(len(self._images)))

    def embeddings(self, **metadata: Any) -> Embeddings:
        """The result: images in the set's order, under their present ids and labels."""
        positions = sorted(self._names)
        entries = self._images.entries
        names = [entries[position] if entries else self._names[position] for position in positions]
        return Embeddings(
            vectors=self._vectors_at(positions),
            ids=tuple(name for name, _ in names),
            labels=tuple(label for _, label in names),
            images=self._images.name,
            skipped=(*self._images.skipped, *(self._skipped[position] for position in sorted(self._skipped))),
            **metadata,
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

    def _vectors_at(self, positions: Sequence[int]) -> Vectors:
        return np.zeros((0, 0), np.float32) if self._vectors is None else self._vectors[positions]

    def _packed(self, positions: Iterable[int]) -> bytes:
        listed = list(positions)
        finite = [position for position in listed if position in self._names]
        skipped = [(position, self._skipped[position]) for position in listed if position in self._skipped]
        stored_positions: NDArray[np.int64] = np.asarray(finite, np.int64)
        about = {
            "names": [self._names[position] for position in finite],
            "skipped": [
                [position, each.name, each.reason, each.code]
                for position, each in skipped
                if each.code not in PASSING
            ],
        }
        return pack({"vectors": self._vectors_at(finite), "positions": stored_positions}, about)
