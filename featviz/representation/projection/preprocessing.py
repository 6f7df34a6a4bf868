"""The space in which neighbours are searched: centred, scaled, perhaps reduced by PCA, every vector once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Vectors
from featviz.representation.projection.out_of_sample import out_of_sample
from featviz.representation.projection.pca import PrincipalComponents, largest_entry, project_onto
from featviz.representation.projection.protocol import Doubles

__all__ = ["MetricSpace", "UniqueRows", "normalize_rows", "unique_rows"]


@out_of_sample("Space")
@dataclass(frozen=True, eq=False)
class MetricSpace:
    """Centring, scaling and optional PCA before the neighbour search; safe for magnitudes from 1e-30 to 1e30.

    Attributes:
        metric: "euclidean", or "cosine", for which vectors get the length 1 first (zeros stay zeros): there
            Euclidean distances have the order of angles.
        center: (d,).
        scale: by which everything is divided.
        axes: (d, k) the directions kept; (d, 0) keeps all dimensions.
    """

    metric: str
    center: Doubles
    scale: float
    axes: Doubles

    @classmethod
    def of(cls, vectors: Vectors, metric: str, reduced: PrincipalComponents | None) -> MetricSpace:
        """The space of these vectors, or of their principal components.

        Args:
            vectors: (n, d), directions where the metric is the cosine.
            metric: "euclidean" or "cosine".
            reduced: the principal components that span it; None keeps all dimensions.
        """
        center = vectors.mean(0, dtype=np.float64)
        axes = np.empty((len(center), 0)) if reduced is None else reduced.axes[:, : max(1, reduced.rank)]
        return cls(metric, center, largest_entry(vectors, center) or 1.0, axes)

    def transform(self, vectors: Vectors) -> Vectors:
        """(m, d) as they came to (m, k) float32."""
        values = normalize_rows(vectors) if self.metric == "cosine" else vectors
        if self.axes.shape[1]:
            return project_onto(values, self.center, self.axes / self.scale)
        return np.stack([((row - self.center) / self.scale).astype(np.float32) for row in values])


@dataclass(frozen=True, eq=False)
class UniqueRows:
    """Vectors without repetitions: equal ones share one point of the map.

    Attributes:
        values: (m, k) float32, no two the same.
        first: (m,) the index of each one's first occurrence.
        inverse: (n,) for each of all vectors its index in `values`, as of `numpy.unique`.
    """

    values: Vectors
    first: NDArray[np.intp]
    inverse: NDArray[np.intp]

    def __len__(self) -> int:
        """Count them."""
        return len(self.values)

    @property
    def notes(self) -> list[str]:
        """What is to be said where some are equal."""
        n = len(self.inverse)
        return (
            [f"{n - len(self):,} of {n:,} vectors repeat others and lie upon them."] if len(self) < n else []
        )


def unique_rows(values: Vectors) -> UniqueRows:
    """Every row of (n, k) once, in the order of their first occurrences."""
    indices: dict[bytes, int] = {}
    tidy = np.ascontiguousarray(values + np.float32(0))  # -0.0 becomes 0.0
    inverse = [
        indices.setdefault(hashlib.blake2b(row, digest_size=16).digest(), len(indices)) for row in tidy
    ]
    first = np.unique(inverse, return_index=True)[1]
    return UniqueRows(tidy[first], first, np.array(inverse, np.intp))


def normalize_rows(vectors: Vectors) -> Vectors:
    """Every vector at length 1; zeros stay zeros."""
    largest = np.abs(vectors).max(1, keepdims=True)
    scaled = vectors / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(scaled / np.where(lengths > 0, lengths, 1), np.float32)
