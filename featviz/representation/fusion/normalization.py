"""Normalizations that make the vectors of several layers or networks comparable."""

from __future__ import annotations

import numpy as np

from featviz.registry import Registry
from featviz.representation.embeddings import Vectors

__all__ = ["NORMALIZATIONS"]

NORMALIZATIONS = Registry("normalization of vectors")


@NORMALIZATIONS.register("Each vector to length 1", reference="none", passes=0)
def length(vectors: Vectors) -> Vectors:
    """Every vector divided by its length, so that angles alone count; zero vectors stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return _divide(vectors, lengths)


@NORMALIZATIONS.register("Each dimension standardised", reference="none", passes=0)
def standard(vectors: Vectors) -> Vectors:
    """Every dimension with mean 0 and deviation 1 over the set, all together with mean square 1; constants become 0."""
    centered = vectors - vectors.mean(0, dtype=np.float64)
    deviation = np.sqrt(np.square(centered).mean(0, keepdims=True))
    negligible = deviation <= 1e-6 * np.abs(vectors).max(0, keepdims=True, initial=0)
    varying = max(1, int((~negligible).sum()))
    return _divide(centered, np.where(negligible, 0, deviation) * np.sqrt(varying))


@NORMALIZATIONS.register("All to mean square 1", reference="none", passes=0)
def scale(vectors: Vectors) -> Vectors:
    """All vectors divided by one number, the root of their mean squared length."""
    size = np.sqrt(np.square(vectors, dtype=np.float64).sum(1).mean()) if len(vectors) else 1.0
    return _divide(vectors, np.asarray(size))


@NORMALIZATIONS.register("As they are", reference="none", passes=0)
def none(vectors: Vectors) -> Vectors:
    """The vectors unchanged: the one with the largest numbers decides."""
    return vectors


def _divide(vectors: Vectors, by: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Vectors:
    """Divided, where that is not by zero; there, zero."""
    safe = np.where(by > 0, by, 1)
    return np.where(by > 0, vectors / safe, 0).astype(np.float32)
