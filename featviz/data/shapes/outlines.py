"""The ten outlines of the Shapes world, each a signed distance.

An outline takes coordinates `u` (to the right) and `v` (downwards) in units of the shape's radius and
returns the distance to its edge in the same unit: negative inside, positive outside. Each fits in the circle
of radius 1.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
Outline: TypeAlias = Callable[[Field, Field], Field]


def _polar(u: Field, v: Field, points: int) -> tuple[Field, Field]:
    """Fold the plane into one of `points` equal sectors; the first one points upwards."""
    radius, sector = np.hypot(u, v), 2 * np.pi / points
    angle = np.abs((np.arctan2(u, -v) + sector / 2) % sector - sector / 2)
    return radius * np.cos(angle), radius * np.sin(angle)


def _pointed(points: int, inner: float) -> Outline:
    """Make a star whose notches lie at radius `inner`; at cos(pi / points) it is a regular polygon."""
    notch = np.pi / points
    normal = np.array([inner * np.sin(notch), 1 - inner * np.cos(notch)])
    normal /= np.hypot(*normal)

    def outline(u: Field, v: Field) -> Field:
        along, across = _polar(u, v, points)
        distance: Field = (along - 1) * float(normal[0]) + across * float(normal[1])
        return distance

    return outline


def _circle(u: Field, v: Field) -> Field:
    radius: Field = np.hypot(u, v)
    return radius - 0.86


def _ring(u: Field, v: Field) -> Field:
    from_middle: Field = np.abs(np.hypot(u, v) - 0.69)
    return from_middle - 0.29


def _crescent(u: Field, v: Field) -> Field:
    distance: Field = np.maximum(np.hypot(u, v) - 0.98, 0.76 - np.hypot(u - 0.46, v))
    return distance


def _cross(u: Field, v: Field) -> Field:
    u, v = np.abs(u), np.abs(v)
    distance: Field = np.minimum(np.maximum(u - 0.92, v - 0.31), np.maximum(u - 0.31, v - 0.92))
    return distance


def _heart(u: Field, v: Field) -> Field:
    u, up = np.abs(u), 0.2 - v
    diamond = (u + np.abs(up) - 0.78) * np.float32(np.sqrt(0.5))
    lobe = np.hypot(u - 0.39, up - 0.39) - 0.5515
    distance: Field = np.minimum(diamond, lobe)
    return distance


def _drop(u: Field, v: Field) -> Field:
    u, below = np.abs(u), v + 1
    sine = 0.6 / 1.38
    cosine = float(np.sqrt(1 - sine**2))
    cone = u * cosine - below * sine
    before_contact = u * sine + below * cosine < 1.38 * cosine
    distance: Field = np.where(before_contact, cone, np.hypot(u, v - 0.38) - 0.6)
    return distance


def _flower(u: Field, v: Field) -> Field:
    along, across = _polar(u, v, 5)
    petal = np.hypot(along - 0.59, across) - 0.39
    distance: Field = np.minimum(petal, np.hypot(u, v) - 0.45)
    return distance


OUTLINES: dict[str, Outline] = {
    "circle": _circle,
    "square": _pointed(4, float(np.cos(np.pi / 4))),
    "triangle": _pointed(3, 0.5),
    "star": _pointed(5, 0.46),
    "heart": _heart,
    "crescent": _crescent,
    "ring": _ring,
    "cross": _cross,
    "drop": _drop,
    "flower": _flower,
}
