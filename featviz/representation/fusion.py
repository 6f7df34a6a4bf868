"""Fusion: embeddings of several layers or networks side by side, made comparable first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from featviz.errors import BadInput
from featviz.registry import Registry
from featviz.representation.embeddings import Embeddings, Vectors

__all__ = ["NORMALIZATIONS", "fuse"]

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


def fuse(
    parts: Sequence[Embeddings], *, weights: Sequence[float] = (), normalization: str = "length"
) -> Embeddings:
    """Concatenate embeddings of the same images: each part normalised, then times its weight.

    With weights w and parts of length 1, the squared distance is the sum of w² times the parts' own.

    Args:
        parts: two or more; images that one of them lacks are left out, the first one's order holds.
        weights: one for each part, none below 0; all 1 where none are given.
        normalization: an id out of `NORMALIZATIONS`: length, standard, scale, none.

    Raises:
        BadInput: no such normalization, weights that do not fit, or parts that have no image in common.
    """
    method = NORMALIZATIONS[normalization]
    factors = [float(weight) for weight in weights] or [1.0] * len(parts)
    fitting = len(parts) > 0 and len(factors) == len(parts) and any(factors)
    if not fitting or not all(np.isfinite(weight) and weight >= 0 for weight in factors):
        raise BadInput(
            f"{len(parts)} embeddings and the weights {factors} came: one weight of 0 or more is needed for each.",
            code="weights",
        )
    common = _common(parts)
    blocks = [weight * method.function(part.vectors) for part, weight in zip(common, factors, strict=True)]
    return Embeddings(
        vectors=np.concatenate(blocks, axis=1, dtype=np.float32),
        ids=common[0].ids,
        labels=common[0].labels,
        images=common[0].images,
        model=" + ".join(dict.fromkeys(part.model for part in parts)),
        layer=" + ".join(part.layer for part in parts),
        pool=" + ".join(dict.fromkeys(part.pool for part in parts)),
        options={"normalization": normalization, "weights": factors},
        skipped=tuple(dict.fromkeys(each for part in parts for each in part.skipped)),
    )


def _common(parts: Sequence[Embeddings]) -> list[Embeddings]:
    """The same parts with the images that all have, in the first one's order."""
    shared = set(parts[0].ids).intersection(*(part.ids for part in parts[1:]))
    if not shared:
        raise BadInput("These embeddings have no image in common: embed the same set.", code="ids")
    ids = [each for each in parts[0].ids if each in shared]
    positions = [{name: position for position, name in enumerate(part.ids)} for part in parts]
    return [
        part.subset([position_of[each] for each in ids])
        for part, position_of in zip(parts, positions, strict=True)
    ]


def _divide(vectors: Vectors, by: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Vectors:
    """Divided, where that is not by zero; there, zero."""
    safe = np.where(by > 0, by, 1)
    return np.where(by > 0, vectors / safe, 0).astype(np.float32)
