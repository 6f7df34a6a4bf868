"""The image sets that come with featviz: each enters itself by what makes its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from featviz.data.sets.sample import Sample
from featviz.data.shapes.shapes import ShapesFactors

__all__ = ["BUNDLED_SETS", "BundledSet"]


@dataclass(frozen=True, eq=False)
class BundledSet:
    """How a set is made.

    Attributes:
        sample: makes the i-th image, the same in every process; a function of a module, so that it can be sent
            to another process.
        usual: how many images it has where nobody says otherwise.
        max_length: how many it has at most.
        shown: how many a map of it shows.
        classes: the labels, in the order of the networks' logits.
        digest: SHA-256 of what image i is made from; None takes its pixels.
        factors: gives what image i is made from, where that is known without making it.
    """

    sample: Callable[[int], Sample]
    usual: int
    max_length: int
    shown: int
    classes: tuple[str, ...] = ()
    digest: Callable[[int], str] | None = None
    factors: Callable[[int], ShapesFactors] | None = None


BUNDLED_SETS: dict[str, BundledSet] = {}
"""By name; filled when `featviz.data` is imported."""
