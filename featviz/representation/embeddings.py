"""Embeddings: vectors, and the images they are of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.store.checked_file import load, pack, save, unpack

__all__ = ["Embeddings", "Vectors"]

Vectors = NDArray[np.float32]
_KIND = "featviz embeddings 1"


@dataclass(frozen=True, eq=False)
class Embeddings:
    """What a layer makes of every image of a set, one vector each. It can be made by hand as well.

    Attributes:
        vectors: (n, d) float32, finite, read-only.
        ids: of the images, none twice.
        labels: of the images, None where there is none; as many as ids, or none at all.
        model: the network's name.
        layer: the layer's name.
        pool: how the layer's output became one vector.
        options: of the pooling.
        fingerprint: of the network's weights.
        preprocessing: a digest of what the network's transform does.
        images: the image set's name.
        skipped: images that were left out, with reasons.
    """

    vectors: Vectors
    ids: tuple[str, ...]
    labels: tuple[str | None, ...] = ()
    model: str = ""
    layer: str = ""
    pool: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    preprocessing: str = ""
    images: str = ""
    skipped: tuple[Skipped, ...] = ()

    def __post_init__(self) -> None:
        """Check that vectors, ids and labels fit each other.

        Raises:
            BadInput: they do not, or a value is not finite.
        """
        ids = tuple(map(str, self.ids))
        vectors = _as_vectors(self.vectors)
        labels = tuple(self.labels) or (None,) * len(ids)
        if not len(ids) == len(vectors) == len(labels):
            raise BadInput(
                f"{len(vectors)} vectors, {len(ids)} ids and {len(labels)} labels came: one each is needed.",
                code="lengths",
            )
        if len(set(ids)) < len(ids):
            raise BadInput("Some ids occur twice: every image needs its own.", code="ids")
        for name, value in (("vectors", vectors), ("ids", ids), ("labels", labels)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """Count the images."""
        return len(self.ids)

    @property
    def dimensions(self) -> int:
        """Numbers in each vector."""
        return int(self.vectors.shape[1])

    def subset(self, positions: Sequence[int] | NDArray[np.integer]) -> Embeddings:
        """The embeddings of the images at these positions, in that order."""
        chosen = [int(position) for position in positions]
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values |= {
            "vectors": self.vectors[chosen],
            "ids": tuple(self.ids[position] for position in chosen),
            "labels": tuple(self.labels[position] for position in chosen),
        }
        return Embeddings(**values)

    def to_bytes(self) -> bytes:
        """The file that `save` writes: safetensors with a checksum, nothing in it is ever run."""
        about = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name not in ("vectors", "skipped")
        }
        skipped = [[each.name, each.reason, each.code] for each in self.skipped]
        return pack({"vectors": self.vectors}, {**about, "skipped": skipped, "kind": _KIND})

    @classmethod
    def from_bytes(cls, data: bytes) -> Embeddings:
        """Read what `to_bytes` made.

        Raises:
            BadArchive: it is no such file, or damaged.
            BadInput: it holds something else.
        """
        arrays, about = unpack(data)
        if about.pop("kind", None) != _KIND:
            raise BadInput("This file holds something else than embeddings.", code="kind")
        try:
            skipped = tuple(Skipped(*map(str, each)) for each in about.pop("skipped"))
            return cls(vectors=arrays["vectors"], skipped=skipped, **about)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("This file holds embeddings of another version.", code="kind") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write them to a file, whole or not at all.

        Raises:
            BadInput: the file cannot be written.
        """
        save(path, self.to_bytes(), "The embeddings")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Embeddings:
        """Read what `save` wrote.

        Raises:
            BadArchive: it is no such file, or damaged.
            BadInput: there is no such file.
        """
        return cls.from_bytes(load(path, "The embeddings"))


def _as_vectors(values: ArrayLike) -> Vectors:
    try:
        vectors = np.array(values, np.float32)
    except (TypeError, ValueError) as error:
        raise BadInput(
            "Vectors are an array of numbers (n, d): something else came.", code="shape"
        ) from error
    if vectors.ndim != 2 or (len(vectors) and not vectors.shape[1]):
        raise BadInput(f"Vectors are an array (n, d): one of shape {vectors.shape} came.", code="shape")
    if not np.isfinite(vectors).all():
        raise BadInput("Some vectors hold values that are not finite: leave those images out.", code="nan")
    vectors.setflags(write=False)
    return vectors
