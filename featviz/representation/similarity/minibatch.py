"""CKA in batches: all pairs of layers while the images pass, with no (n, n) matrix."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Range
from featviz.representation.similarity.cka import u_centered
from featviz.representation.similarity.features import as_doubles, centered
from featviz.representation.similarity.measure import MEASURES, Doubles, Measure
from featviz.representation.undefined import Undefined

__all__ = ["MinibatchCKA", "cka_minibatch"]

FEWEST = 4
"""Images of a batch that U-centering needs."""


class MinibatchCKA:
    """Debiased linear CKA of each layer of one network with each of another, summed over batches.

    A batch counts by its pairs of images, n (n - 3), so that a small last one does no harm.

    Args:
        layers_a: how many layers the first network has.
        layers_b: how many the second one has.
    """

    def __init__(self, layers_a: int, layers_b: int) -> None:
        self.images = 0
        self._products = np.zeros((layers_a, layers_b))
        self._own_a = np.zeros(layers_a)
        self._own_b = np.zeros(layers_b)

    def add(self, a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> None:
        """Take in one batch; one of fewer than 4 images holds no pair that could be used and is left out.

        Args:
            a: of each layer the features (n, p) of the batch.
            b: of the same images.
        """
        if len(a[0]) < FEWEST:
            return
        first, second = (np.stack([_flat(features) for features in side]) for side in (a, b))
        self._products += first @ second.T
        self._own_a += np.square(first).sum(1)
        self._own_b += np.square(second).sum(1)
        self.images += len(a[0])

    def values(self) -> Doubles:
        """CKA of each pair of layers (La, Lb), NaN where a layer never varied."""
        lengths = np.sqrt(np.outer(self._own_a, self._own_b))
        nothing = np.full(lengths.shape, np.nan)
        return np.asarray(np.divide(self._products, lengths, out=nothing, where=lengths > 0))


@MEASURES.register("Minibatch CKA", reference="Nguyen et al. 2021, arXiv:2010.15327", passes=0)
def cka_minibatch(*, batch: Annotated[int, Range(4, 10_000)] = 64) -> Measure:
    """Debiased linear CKA with HSIC averaged over batches of images, from -1 to 1; nears cka_debiased as they grow.

    ⟨K̃, L̃⟩ is summed over the batches before the division, so that nothing of size n × n is kept.

    Args:
        batch: images in a batch; they are shared out evenly, so that none is much smaller.
    """
    return Measure(
        prepare=partial(centered, at_least=FEWEST),
        score=partial(_in_batches, batch=batch),
        form="rows",
        bounds=(-1, 1),
        invariances=frozenset({"permutation", "orthogonal", "scaling", "translation"}),
        cost="score n · batch · (p + q) operations, n p numbers kept",
        needs="4 images; a shuffled order, since only images of one batch are compared",
    )


def _in_batches(a: Doubles, b: Doubles, *, batch: int) -> float:
    sums = MinibatchCKA(1, 1)
    count = max(1, min(-(-len(a) // batch), len(a) // FEWEST))
    for rows in np.array_split(np.arange(len(a)), count):
        sums.add([a[rows]], [b[rows]])
    value = float(sums.values()[0, 0])
    if np.isnan(value):
        raise Undefined("no batch holds images whose features vary.", code="constant")
    return value


def _flat(features: NDArray[Any]) -> Doubles:
    """The U-centered Gram matrix in one row, at the features' own scale, which all batches share."""
    values = as_doubles(features, FEWEST)
    values = values - values.mean(0)
    return u_centered(values @ values.T).ravel()
