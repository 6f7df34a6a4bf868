"""A similarity measure in two stages: what one set of features is prepared to, and the score of two of those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from featviz.registry import Registry

__all__ = ["MEASURES", "Doubles", "HeldOut", "Invariance", "Measure", "measure_of"]

Doubles = NDArray[np.float64]

Invariance = Literal["permutation", "orthogonal", "scaling", "translation", "invertible"]
"""What may be done to all features of one set without changing the score: `permutation` reorders the units,
`orthogonal` rotates and mirrors them, `scaling` multiplies all by one positive number, `translation` adds a vector to
every image's, `invertible` is any invertible linear map. Rotations include reordering, and invertible maps all but
translation."""

HeldOut = Callable[[Doubles, Doubles, Doubles, Doubles], float]
"""(a, b, a of other images, b of other images) -> the score there of what was fitted to the first two."""

MEASURES = Registry("similarity measure")
"""Each is a function (*, options) -> `Measure`; ids, names, references and options are the registry's."""


@dataclass(frozen=True)
class Measure:
    """A measure with its options chosen. Prepare each set once, then score as many pairs as are wanted.

    Attributes:
        prepare: features (n, p) of any real dtype to what `score` takes. Raises `Undefined` with the reason where
            these features have no score with any others: too few images, or the same vector for all.
        score: of two prepared sets of the same images in the same order. Raises `Undefined` where only the pair has
            none.
        form: where the images stand in what is prepared: "square" has them along its last two axes, "rows" along
            the first.
        bounds: lowest and highest score.
        invariances: what changes no score, with what follows from it.
        cost: of `prepare` and of `score`, for n images and p features.
        needs: how many images are needed for a score that means something.
        inner: whether `score(a, b)` is the sum of the products of the two prepared matrices' entries, so that all
            pairs of many layers are one matrix product.
        distance: whether 0 is the same and more is less alike; else the highest score is the same.
        symmetric: whether the order of the two sets does not matter.
        held_out: the score on other images than those an alignment was fitted to, where one is fitted.
    """

    prepare: Callable[[NDArray[Any]], Doubles]
    score: Callable[[Doubles, Doubles], float]
    form: Literal["square", "rows"]
    bounds: tuple[float, float]
    invariances: frozenset[Invariance]
    cost: str
    needs: str
    inner: bool = False
    distance: bool = False
    symmetric: bool = True
    held_out: HeldOut | None = None

    def reorder(self, prepared: Doubles, order: NDArray[np.integer]) -> Doubles:
        """What `prepare` would make of the images `order`, without preparing again.

        A reordering of all gives the null of a permutation test. For "rows" it must be one of all images; of a
        "square" form it may be a subset only where `prepare` looks at each pair of images alone.

        Args:
            prepared: by `prepare`.
            order: positions (n,) of images, each once.
        """
        if self.form == "rows":
            return np.take(prepared, order, axis=0)
        reordered: Doubles = prepared[..., order[:, None], order]
        return reordered


def measure_of(measure: str, **options: Any) -> Measure:
    """The measure of this id with these options.

    Raises:
        BadInput: there is no such measure or option.
    """
    method = MEASURES[measure]
    made: Measure = method.function(**method.complete(options))
    return made
