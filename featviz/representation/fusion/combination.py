"""How the vectors of several parts are combined: side by side, or added in a space that they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Range, Registry
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.pca import principal_components

__all__ = ["FUSIONS", "Doubles", "in_common"]

Doubles = NDArray[np.float64]

FUSIONS = Registry("fusion")
"""Each is a function (blocks, weights, *, options) -> vectors: blocks (n, p) of each part, weights (parts,) or, one for
each image, (n, parts)."""

_MOST = 512
Dimensions = Annotated[int, Range(0, 4096)]
Seed = Annotated[int, Range(0, 2**31 - 1)]


@FUSIONS.register("Concatenation", reference="none", passes=0)
def concatenation(blocks: Sequence[Doubles], weights: Doubles) -> Vectors:
    """The parts side by side, each times its weight: nothing is lost, and the vector is as long as all together."""
    return np.concatenate(
        [weight * block for weight, block in zip(weights, blocks, strict=True)], axis=1, dtype=np.float32
    )


@FUSIONS.register("Weighted sum", reference="none", passes=0)
def weighted_sum(
    blocks: Sequence[Doubles], weights: Doubles, *, dimensions: Dimensions = 0, seed: Seed = 0
) -> Vectors:
    """The sum of the parts' principal components, each times its weight.

    Each part is brought to mean square 1 and to directions of its own, so that the first components of two parts do
    not fall on each other: on average over the directions, inner products add up as in a concatenation.

    Args:
        blocks: of each part (n, p).
        weights: of each part.
        dimensions: of the sum; 0 for as many as the largest part has, at most 512.
        seed: of the directions.
    """
    shared = in_common(blocks, dimensions=dimensions, seed=seed)
    return np.asarray(np.tensordot(weights, np.stack(shared), axes=1), np.float32)


@FUSIONS.register(
    "Attention", reference="Bahdanau et al. 2015, arXiv:1409.0473; Jacobs et al. 1991", passes=0
)
def attention(
    blocks: Sequence[Doubles], weights: Doubles, *, dimensions: Dimensions = 0, seed: Seed = 0
) -> Vectors:
    """A weighted sum whose weights are learned for each image: how probably a part tells its class best.

    An image's own label is never used for its weights: they come from gates trained on the other folds.

    Args:
        blocks: of each part (n, p).
        weights: of each image and part (n, parts).
        dimensions: of the sum; 0 for as many as the largest part has, at most 512.
        seed: of the directions and folds.
    """
    shared = in_common(blocks, dimensions=dimensions, seed=seed)
    return np.asarray(np.einsum("np,pnd->nd", weights, np.stack(shared)), np.float32)


def in_common(blocks: Sequence[Doubles], *, dimensions: int, seed: int) -> list[Doubles]:
    """The parts in one space (n, d): principal components at mean square 1, turned at random; zeros stay zeros."""
    count = dimensions or min(_MOST, max(block.shape[1] for block in blocks))
    random = np.random.default_rng(seed)
    return [_components(block, count) @ _rotation(count, random) for block in blocks]


def _components(block: Doubles, count: int) -> Doubles:
    found = principal_components(np.asarray(block, np.float32), min(count, *block.shape))
    scores = (block - found.center) @ found.axes
    size = float(np.sqrt(np.square(scores).sum(1).mean()))
    scores = scores / size if size > 0 else scores
    return np.pad(scores, ((0, 0), (0, count - scores.shape[1])))


def _rotation(count: int, random: np.random.Generator) -> Doubles:
    """Evenly distributed (Mezzadri 2007, arXiv:math-ph/0609050)."""
    turned, upper = np.linalg.qr(random.normal(size=(count, count)))
    return np.asarray(turned * np.sign(np.diag(upper)))
