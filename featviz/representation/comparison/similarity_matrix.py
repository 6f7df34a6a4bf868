"""The similarity of every layer of one network with every layer of another, and what chance would give."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.store.checked_file import Arrays, load, pack, save, unpack

__all__ = ["Matrix", "SimilarityMatrix"]

Matrix = NDArray[np.float64]
_KIND = "featviz similarity matrix 1"
_TUPLES = ("layers_a", "layers_b", "dimensions_a", "dimensions_b")


@dataclass(frozen=True, eq=False)
class SimilarityMatrix:
    """Layers of network A by layers of network B, both in the order of execution.

    Attributes:
        values: (La, Lb) the similarities, in the range of the measure; NaN where one is undefined, as between
            layers of which one outputs the same for every image.
        measure: an id out of `MEASURES`.
        layers_a: names of A's layers.
        layers_b: names of B's layers.
        model_a: A's name.
        model_b: B's name.
        weights_a: which weights A carries, in words.
        weights_b: which weights B carries.
        fingerprint_a: of A's weights.
        fingerprint_b: of B's weights.
        images: the image set's name.
        count: n, the images that both networks took.
        dimensions_a: p, how many numbers an image's vector has, for each of A's layers.
        dimensions_b: q, the same for B.
        pool: how a layer's output became one vector.
        options: of the measure.
        permutations: how many random pairings of the images the null is of; 0 where there is none.
        seed: of what was drawn at random.
        chance: (La, Lb) the null's mean: what the measure gives where A's images are paired with B's at random.
        p_values: (La, Lb) in [1 / (permutations + 1), 1]: the share of pairings, the true one included, that
            give at least so much.
        calibrated: (La, Lb) in [0, 1]: 0 up to the null's 95th percentile, 1 at the largest value of the measure.
        best: (La,) the most similar of B's layers; -1 where no value is defined.
        best_p: (La,) its p-value, corrected for having searched all of B's layers.
        biased: (La, Lb) the biased estimate beside the debiased one: for a report, never to be shown alone.
        skipped: images that were left out, with reasons.
        undefined_a: by layer of A, why no similarity with it is defined.
        undefined_b: the same for B.
    """

    values: Matrix
    measure: str
    layers_a: tuple[str, ...]
    layers_b: tuple[str, ...]
    model_a: str = ""
    model_b: str = ""
    weights_a: str = ""
    weights_b: str = ""
    fingerprint_a: str = ""
    fingerprint_b: str = ""
    images: str = ""
    count: int = 0
    dimensions_a: tuple[int, ...] = ()
    dimensions_b: tuple[int, ...] = ()
    pool: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    permutations: int = 0
    seed: int = 0
    chance: Matrix | None = None
    p_values: Matrix | None = None
    calibrated: Matrix | None = None
    best: NDArray[np.int64] | None = None
    best_p: Matrix | None = None
    biased: Matrix | None = None
    skipped: tuple[Skipped, ...] = ()
    undefined_a: dict[str, str] = field(default_factory=dict)
    undefined_b: dict[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The file that `save` writes: safetensors with a checksum, nothing in it is ever run."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        about = {name: value for name, value in values.items() if name not in arrays and value is not None}
        skipped = [[each.name, each.reason, each.code] for each in self.skipped]
        return pack(arrays, {**about, "skipped": skipped, "kind": _KIND})

    @classmethod
    def from_bytes(cls, data: bytes) -> SimilarityMatrix:
        """Read what `to_bytes` made.

        Raises:
            BadArchive: it is no such file, or damaged.
            BadInput: it holds something else.
        """
        return cls.from_content(*unpack(data))

    @classmethod
    def from_content(cls, arrays: Arrays, about: dict[str, Any]) -> SimilarityMatrix:
        """Read what `unpack` found in such a file.

        Raises:
            BadInput: it holds something else.
        """
        about = dict(about)
        if about.pop("kind", None) != _KIND:
            raise BadInput("This file holds something else than a similarity matrix.", code="kind")
        try:
            skipped = tuple(Skipped(*map(str, each)) for each in about.pop("skipped"))
            facts: dict[str, Any] = {**arrays, **about, **{name: tuple(about[name]) for name in _TUPLES}}
            return cls(**facts, skipped=skipped)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("This file holds a similarity matrix of another version.", code="kind") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, whole or not at all.

        Raises:
            BadInput: the file cannot be written.
        """
        save(path, self.to_bytes(), "The similarity matrix")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SimilarityMatrix:
        """Read what `save` wrote.

        Raises:
            BadArchive: it is no such file, or damaged.
            BadInput: there is no such file.
        """
        return cls.from_bytes(load(path, "The similarity matrix"))
