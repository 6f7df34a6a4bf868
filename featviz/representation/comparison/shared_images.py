"""Embeddings of two layers cut down to the images both have."""

from __future__ import annotations

import numpy as np

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings

__all__ = ["on_shared_images"]


def on_shared_images(a: Embeddings, b: Embeddings, fewest: int = 1) -> tuple[Embeddings, Embeddings]:
    """Both of the same images in A's order.

    Raises:
        BadInput: fewer than `fewest` images are in both.
    """
    row = {name: number for number, name in enumerate(b.ids)}
    pairs = [(number, row[name]) for number, name in enumerate(a.ids) if name in row]
    if len(pairs) < fewest:
        have = f"{len(a)} images of {a.images or 'one set'} and {len(b)} of {b.images or 'another'}"
        raise BadInput(
            f"{have} have {len(pairs)} in common, and {fewest} are needed: embed the same set with both layers.",
            code="too_few",
        )
    if a.ids == b.ids:
        return a, b
    rows_a, rows_b = np.array(pairs).T
    return a.subset(rows_a), b.subset(rows_b)
