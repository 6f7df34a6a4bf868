"""One image of a set, with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.data.shapes.shapes import ShapesFactors

__all__ = ["Sample"]


@dataclass(frozen=True, eq=False)
class Sample:
    """One image of a set.

    Attributes:
        image: RGB.
        id: stable and unique among all sets, such as "shapes/17".
        label: the name of its class, where it has one.
        mask: (H, W), true where the thing shown is, where that is known.
        factors: all that the image was made from, where that is known.
    """

    image: Image.Image
    id: str
    label: str | None = None
    mask: NDArray[np.bool_] | None = None
    factors: ShapesFactors | None = None
