"""Colours of categories, told apart by people who see fewer colours as well.

The first seven are those of Okabe and Ito 2008, "Color universal design"; the last three lie far
from all before them in OKLab, as seen with normal sight, protanopia and deuteranopia, and can be seen on light and
dark pages.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["CATEGORY_COLORS", "COLOR_WORDS", "NO_CATEGORY", "category_colors"]

_HEX = "0072b2 e69f00 009e73 cc79a7 56b4e9 d55e00 f0e442 a1424f 7be8dc 6f5bff"

CATEGORY_COLORS: NDArray[np.uint8] = np.array([tuple(bytes.fromhex(each)) for each in _HEX.split()], np.uint8)
"""(10, 3): as many as can be told apart."""

NO_CATEGORY: NDArray[np.uint8] = np.array([146, 156, 161], np.uint8)
"""(3,) grey: of what has no category, or no value."""


_BLUE, _ORANGE, _GREEN, _PINK, _, _VERMILION, _YELLOW, _, _AQUA, _VIOLET = CATEGORY_COLORS
COLOR_WORDS: dict[str, NDArray[np.uint8]] = {
    "blue": _BLUE,
    "green": _GREEN,
    "orange": _ORANGE,
    "pink": _PINK,
    "red": _VERMILION,
    "turquoise": _AQUA,
    "violet": _VIOLET,
    "yellow": _YELLOW,
}
"""Categories that are colours themselves."""


def category_colors(shown: NDArray[np.bool_], names: Sequence[str] = ()) -> NDArray[np.uint8]:
    """(k, 3): colours of k categories, given out among those shown; beyond ten they come again.

    Args:
        shown: (k,) whether a category is shown. Where all of them have a colour of their own, each keeps its
            colour whether it is shown or not.
        names: of the categories; where all of them are colours, each has its own.
    """
    if names and {*names} <= COLOR_WORDS.keys():
        return np.stack([COLOR_WORDS[name] for name in names])
    indices = np.arange(len(shown))
    if len(shown) > len(CATEGORY_COLORS):
        indices = np.where(shown, np.cumsum(shown) - 1, indices)
    return CATEGORY_COLORS[indices % len(CATEGORY_COLORS)]
