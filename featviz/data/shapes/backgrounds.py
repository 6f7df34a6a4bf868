"""The four quiet backgrounds of the Shapes world, each a field that mixes two colours.

A background takes coordinates along its own direction and across it, both about -1.4 to 1.4, and returns
values in about [0, 1].
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
Background: TypeAlias = Callable[[Field, Field], Field]


def _flat(along: Field, _across: Field) -> Field:
    return np.zeros_like(along)


def _gradient(along: Field, _across: Field) -> Field:
    return 0.5 + 0.35 * along


def _glow(along: Field, across: Field) -> Field:
    distance: Field = np.hypot(along - 0.5, across)
    return 0.55 * distance


def _clouds(along: Field, across: Field) -> Field:
    waves: Field = np.sin(4 * along + 3 * np.sin(2 * across)) + np.sin(5 * across + 2 * along)
    return 0.5 + 0.25 * waves


BACKGROUNDS: dict[str, Background] = {"flat": _flat, "gradient": _gradient, "glow": _glow, "clouds": _clouds}
