"""A projection: where vectors lie on a map, how the map was made, and where others would lie."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings, Vectors
from featviz.representation.projection.inputs import as_vectors
from featviz.representation.projection.out_of_sample import OutOfSample, Points, from_arrays, to_arrays
from featviz.store.checked_file import load, pack, save, unpack

if TYPE_CHECKING:
    from featviz.representation.projection.quality import MapQuality

__all__ = ["Projection"]

_KIND = "featviz projection 1"


@dataclass(frozen=True, eq=False)
class Projection:
    """Vectors in two or three dimensions.

    Attributes:
        points: (n, dimensions) float32, finite, read-only.
        method: an id out of `PROJECTIONS`.
        dimensions: of the map.
        options: all of the method's, defaults included.
        seed: of what was drawn at random.
        about: what the method says: `notes`, sentences to be shown; `axes`, their names where axes mean something;
            of PCA `explained_variance_ratio`, `scree` and `variance`.
        placement: the out-of-sample transform.
        dimensions_in: d of the vectors.
        vectors: (n, d) those it is of; None when it was read from a file.
    """

    points: Points
    method: str
    dimensions: int
    options: dict[str, Any]
    seed: int
    about: dict[str, Any]
    placement: OutOfSample
    dimensions_in: int
    vectors: Vectors | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Count the points."""
        return len(self.points)

    def transform(self, vectors: Embeddings | ArrayLike) -> Points:
        """Where other vectors lie on this map, (m, d) to (m, dimensions) float32.

        Each is placed for itself: its position does not depend on the others, nor moves any.

        Raises:
            BadInput: no finite array (m, d), or another d than the map's.
        """
        queries = as_vectors(vectors)
        if queries.shape[1] != self.dimensions_in:
            raise BadInput(
                f"This map is of vectors with {self.dimensions_in} numbers each, and {queries.shape[1]} came: embed "
                "with the same layer and pooling.",
                code="dimensions",
            )
        return (
            self.placement.transform(queries) if len(queries) else np.empty((0, self.dimensions), np.float32)
        )

    @cached_property
    def quality(self) -> MapQuality:
        """How far the map can be believed, measured when first asked for.

        Raises:
            BadInput: the map was read from a file, or has too few points.
        """
        from featviz.representation.projection.quality import map_quality

        if self.vectors is None:
            raise BadInput(
                "A map read from a file has its vectors no more: call map_quality(vectors, projection.points).",
                code="vectors",
            )
        return map_quality(self.vectors, self.points, metric=self.options.get("metric", "euclidean"))

    def to_bytes(self) -> bytes:
        """The file that `save` writes: safetensors with a checksum; the vectors themselves only as far as needed."""
        arrays, placement = to_arrays(self.placement)
        facts = {name: getattr(self, name) for name in _METADATA}
        return pack({**arrays, "points": self.points}, {**facts, "placement": placement, "kind": _KIND})

    @classmethod
    def from_bytes(cls, data: bytes) -> Projection:
        """Read what `to_bytes` made.

        Raises:
            BadArchive: it is no such file, or damaged.
            BadInput: it holds something else.
        """
        arrays, about = unpack(data)
        if about.pop("kind", None) != _KIND:
            raise BadInput("This file holds something else than a projection.", code="kind")
        try:
            placement = from_arrays(arrays, about.pop("placement"))
            return cls(points=_frozen(arrays["points"]), placement=placement, **about)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("This file holds a projection of another version.", code="kind") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, whole or not at all.

        Raises:
            BadInput: the file cannot be written.
        """
        save(path, self.to_bytes(), "The map")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Projection:
        """Read what `save` wrote.

        Raises:
            BadArchive: it is no such file, or damaged.
            BadInput: there is no such file.
        """
        return cls.from_bytes(load(path, "The map"))


_METADATA = ("method", "dimensions", "options", "seed", "about", "dimensions_in")


def _frozen(points: Points) -> Points:
    points.setflags(write=False)
    return points
