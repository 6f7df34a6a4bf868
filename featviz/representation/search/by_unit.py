"""Search by a unit: the images of a set that one channel answers to most."""

from __future__ import annotations

import numpy as np

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.search.index import Neighbor

__all__ = ["rank_by_unit"]


def rank_by_unit(embeddings: Embeddings, unit: int, k: int = 10) -> list[Neighbor]:
    """The k images with the largest value of one number of their vectors, ties by position.

    Of embeddings pooled by "max" that is the channel's largest activation anywhere in the image, by "mean" its
    mean, by "class_token" its value there.

    Args:
        embeddings: of the images.
        unit: which number of the vectors, from 0.
        k: how many images; of fewer than k all.

    Returns:
        best first; `similarity` is the activation.

    Raises:
        BadInput: the vectors have no such number, or k is no whole number from 1.
    """
    if not 0 <= unit < embeddings.dimensions:
        raise BadInput(
            f"Unit {unit} came; these vectors have the units 0 to {embeddings.dimensions - 1}.", code="unit"
        )
    if k < 1:
        raise BadInput(f"k is a whole number from 1; {k!r} came.", code="k")
    values = embeddings.vectors[:, unit]
    order = np.argsort(-values, kind="stable")[:k]
    return [Neighbor(embeddings.ids[position], float(values[position]), int(position)) for position in order]
