"""Two sets of features of the same images, and how similar they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.errors import BadInput
from featviz.representation.embeddings import Embeddings
from featviz.representation.similarity.measure import measure_of
from featviz.representation.undefined import Undefined

__all__ = ["pair", "similarity"]


def similarity(
    a: Embeddings | ArrayLike, b: Embeddings | ArrayLike, measure: str = "cka", **options: Any
) -> float:
    """How similar two sets of features of the same images are.

    Args:
        a: embeddings, or an array (n, p), one row for each image.
        b: the same images; of two embeddings the images that both have are compared. p may differ.
        measure: an id out of `featviz.representation.similarity.MEASURES`, which say what each is invariant to.
        options: of the measure.

    Raises:
        BadInput: there is no such measure or option, or a and b are not of the same images.
        Undefined: the measure means nothing for these features ("Undefined, because ..."); it is a `BadInput`.
    """
    chosen = measure_of(measure, **options)
    first, second = pair(a, b)
    try:
        return chosen.score(chosen.prepare(first), chosen.prepare(second))
    except Undefined as reason:
        raise Undefined(f"Undefined, because {reason}", code=reason.code) from reason


def pair(a: Embeddings | ArrayLike, b: Embeddings | ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """The features of both, (n, p) and (n, q), of the same images in a's order.

    Raises:
        BadInput: they have no image in common, or are arrays of different length.
    """
    if isinstance(a, Embeddings) and isinstance(b, Embeddings):
        position_of = {name: position for position, name in enumerate(b.ids)}
        common = [(row, position_of[name]) for row, name in enumerate(a.ids) if name in position_of]
        if not common:
            raise BadInput("These embeddings have no image in common: embed the same set.", code="ids")
        rows_a, rows_b = np.array(common).T
        return a.vectors[rows_a], b.vectors[rows_b]
    first, second = _array(a), _array(b)
    if len(first) != len(second):
        raise BadInput(
            f"Features of {len(first)} and of {len(second)} images came: the same images are needed on both sides.",
            code="lengths",
        )
    return first, second


def _array(features: Embeddings | ArrayLike) -> NDArray[Any]:
    values = features.vectors if isinstance(features, Embeddings) else np.asarray(features)
    if values.dtype.kind not in "fiub" or values.ndim != 2:
        raise BadInput(
            f"Features are an array (n, p) of numbers: {values.dtype} of shape {values.shape} came.",
            code="shape",
        )
    return values
