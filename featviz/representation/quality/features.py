"""The features of one layer as the measures take them: what several of them need is worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Registry
from featviz.representation.embeddings import Embeddings
from featviz.representation.neighbors.exact import Distances, Doubles
from featviz.representation.quality.measurement import Undefined

__all__ = ["MAX_MEASURED", "MEASURES", "Features", "Labeled"]

MEASURES = Registry("measure of features")
"""Each is a function (features, *, options) -> Measurement that raises `Undefined` where there is nothing to read."""

MAX_MEASURED = 2000
"""Of more images a sample is measured, each against all."""

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Features:
    """Embeddings with the choices that all measures share.

    Attributes:
        embeddings: of one layer.
        seed: of every sample, shuffle and random baseline.
        max_images: where there are more images, so many are measured, each against all.
        disturbed: embeddings of the same images corrupted, by corruption and severity; only the corruption
            robustness needs them.
    """

    embeddings: Embeddings
    seed: int = 0
    max_images: int = MAX_MEASURED
    disturbed: Mapping[tuple[str, int], Embeddings] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the images."""
        return len(self.embeddings)

    @cached_property
    def vectors(self) -> Doubles:
        """(n, d) in double precision."""
        return np.asarray(self.embeddings.vectors, np.float64)

    @cached_property
    def directions(self) -> Doubles:
        """(m, d) of length 1: the vectors that are not zero, a sample of them where there are too many.

        Raises:
            Undefined: fewer than two.
        """
        lengths = np.linalg.norm(self.vectors, axis=1)
        present = self.sample(np.flatnonzero(lengths > 0))
        if len(present) < 2:
            raise Undefined(f"{len(present)} vectors are other than zero, and two have a distance.")
        directions: Doubles = self.vectors[present] / lengths[present, None]
        return directions

    @cached_property
    def labeled(self) -> Labeled:
        """The images that have a label.

        Raises:
            Undefined: there are fewer than two classes, or no class has two images.
        """
        labels = self.embeddings.labels
        positions = np.flatnonzero([label is not None for label in labels])
        names, codes = np.unique([str(labels[position]) for position in positions], return_inverse=True)
        if not len(names):
            raise Undefined("no image has a label.")
        if len(names) == 1:
            raise Undefined(f"all {len(positions)} labelled images are of one class, {names[0]}.")
        if len(names) == len(positions):
            raise Undefined("every class has one image only: none can be told from the others.")
        return Labeled(self, positions, codes.astype(np.int64), tuple(names.tolist()))

    def generator(self) -> np.random.Generator:
        """A private one, the same for every measure."""
        return np.random.default_rng(self.seed)

    def sample(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """These positions, or `max_images` of them by the seed, in order."""
        if len(positions) <= self.max_images:
            return positions
        return np.sort(self.generator().choice(positions, self.max_images, replace=False))


@dataclass(frozen=True, eq=False)
class Labeled:
    """The labelled images of some features.

    Attributes:
        features: all of them.
        positions: (n,) of the labelled ones.
        codes: (n,) the number of each one's class.
        names: of the classes.
    """

    features: Features
    positions: NDArray[np.int64]
    codes: Codes
    names: tuple[str, ...]

    @cached_property
    def vectors(self) -> Doubles:
        """(n, d)."""
        return self.features.vectors[self.positions]

    @cached_property
    def sizes(self) -> Codes:
        """(classes,) how many images each has."""
        return np.bincount(self.codes, minlength=len(self.names))

    @cached_property
    def shuffled(self) -> Codes:
        """(n,) the same classes given to the wrong images: the baseline."""
        return self.features.generator().permutation(self.codes)

    @cached_property
    def measured(self) -> NDArray[np.int64]:
        """(m,) which of the n are measured."""
        return self.features.sample(np.arange(len(self.codes)))

    @cached_property
    def distances(self) -> Distances:
        """Between all n.

        Raises:
            Undefined: no two are apart.
        """
        distances = Distances(self.vectors)
        if distances.all_equal:
            raise Undefined("all vectors are the same.")
        return distances

    @cached_property
    def distance_sums(self) -> tuple[Doubles, Doubles]:
        """(m, classes) each measured image's Euclidean distances to a class, summed: true labels, shuffled ones."""
        members = [np.eye(len(self.names))[codes] for codes in (self.codes, self.shuffled)]
        parts = [
            [np.sqrt(rows) @ each for each in members]
            for rows in map(self.distances.rows, self.distances.blocks(self.measured))
        ]
        true, shuffled = (np.concatenate(sums) for sums in zip(*parts, strict=True))
        return true, shuffled
