"""Colour maps as tables of 256 colours, interpolated in OKLab from a few anchors.

OKLab: Ottosson 2020, "A perceptual color space for image processing". The anchors of viridis, inferno and
magma are those of Smith and van der Walt 2015, of cividis those of Nuñez, Anderton and Renslow 2018.
Sequential maps rise in lightness all the way, so they read in grey too; diverging maps are equally light at
equal distance from zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.uint8]

CENTER = 128
"""The index that means zero on a symmetric scale."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@dataclass(frozen=True, eq=False)
class Colormap:
    """A named table of colours, shape (256, 3), uint8, read-only."""

    id: str
    name: str
    kind: Literal["sequential", "diverging"]
    table: Table

    @property
    def zero(self) -> int:
        """The index whose colour means zero: 0, or the neutral centre of a diverging map."""
        return CENTER if self.kind == "diverging" else 0

    def colors(self, indices: NDArray[np.uint8]) -> Table:
        """Look the colours up: any shape of uint8 to that shape + (3,)."""
        return np.take(self.table, indices, axis=0)


def _from_hex(colors: str) -> NDArray[np.float64]:
    """Space-separated rrggbb to sRGB in [0, 1], shape (n, 3)."""
    return np.array([tuple(bytes.fromhex(color)) for color in colors.split()]) / 255.0


def _to_oklab(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T)


def _to_bytes(oklab: NDArray[np.float64]) -> Table:
    linear = (oklab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return _frozen(srgb * 255)


def _frozen(colors: NDArray[np.float64]) -> Table:
    table = np.rint(colors).astype(np.uint8)
    table.setflags(write=False)
    return table


def _interpolate(anchors: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read (k, c) anchors, evenly spaced over [0, 1], at `positions` (n,): (n, c)."""
    spaced = np.linspace(0, 1, len(anchors))
    return np.stack([np.interp(positions, spaced, channel) for channel in anchors.T], axis=1)


def _sequential(identifier: str, name: str, anchors: str) -> Colormap:
    oklab = _interpolate(_to_oklab(_from_hex(anchors)), np.linspace(0, 1, 256))
    return Colormap(identifier, name, "sequential", _to_bytes(oklab))


def _arm(lightness_chroma: Sequence[tuple[float, float]], hue: float) -> NDArray[np.float64]:
    """From the neutral centre outwards, 128 steps of one hue (degrees), in OKLab."""
    light, chroma = _interpolate(np.array(lightness_chroma), np.linspace(0, 1, CENTER)).T
    angle = np.deg2rad(hue)
    return np.stack([light, chroma * np.cos(angle), chroma * np.sin(angle)], axis=1)


def _diverging(
    identifier: str, name: str, lightness_chroma: Sequence[tuple[float, float]], cold: float, warm: float
) -> Colormap:
    below, above = _arm(lightness_chroma, cold)[::-1], _arm(lightness_chroma, warm)
    # A symmetric scale uses 1 to 255, so that zero is one index and not the gap between two.
    return Colormap(identifier, name, "diverging", _to_bytes(np.concatenate([below[:1], below[:-1], above])))


_ALL = (
    _sequential(
        "viridis", "Viridis", "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725"
    ),
    _sequential(
        "inferno", "Inferno", "000004 160b39 420a68 6a176e 932667 bc3754 dd513a f37819 fca50a f6d746 fcffa4"
    ),
    _sequential(
        "magma", "Magma", "000004 140e36 3b0f70 641a80 8c2981 b73779 de4968 f7705c fe9f6d fecf92 fcfdbf"
    ),
    _sequential(
        "cividis", "Cividis", "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838"
    ),
    Colormap("gray", "Gray", "sequential", _frozen(np.linspace([0.0] * 3, [255.0] * 3, 256))),
    _diverging(
        "blue_white_red",
        "Blue, white, red",
        [(0.97, 0.0), (0.85, 0.06), (0.68, 0.13), (0.5, 0.16), (0.36, 0.12)],
        255,
        27,
    ),
    _diverging(
        "blue_black_red",
        "Blue, black, red",
        [(0.2, 0.0), (0.34, 0.08), (0.5, 0.13), (0.68, 0.13), (0.87, 0.07)],
        245,
        35,
    ),
)

COLORMAPS: dict[str, Colormap] = {colormap.id: colormap for colormap in _ALL}
"""Every colour map by its id; `blue_black_red` is the diverging one for dark pages."""
