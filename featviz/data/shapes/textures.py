"""The eight textures that fill a shape, each a field in [0, 1] that mixes two colours.

A texture takes coordinates `p` (to the right) and `q` (downwards) in pixels from the shape's centre, its
period in pixels and a phase in [0, 1). Edges are one pixel soft, so that nothing flickers or aliases.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
Texture: TypeAlias = Callable[[Field, Field, float, float], Field]


def _soft(distance: Field) -> Field:
    """Turn a signed distance in pixels into the covered part of each pixel."""
    return (0.5 + distance).clip(0, 1)


def _lines(position: Field, period: float, phase: float) -> Field:
    """Alternate two colours along `position`, each half a period wide."""
    cycle = position / period + phase
    return _soft((0.25 - np.abs(cycle - np.floor(cycle) - 0.5)) * period)


def _triangle_wave(position: Field, period: float) -> Field:
    cycle = position / period
    wave: Field = np.abs(cycle - np.floor(cycle) - 0.5) * 2
    return wave


def _plain(p: Field, _q: Field, _period: float, _phase: float) -> Field:
    return np.ones_like(p)


def _striped(p: Field, _q: Field, period: float, phase: float) -> Field:
    return _lines(p, period, phase)


def _banded(_p: Field, q: Field, period: float, phase: float) -> Field:
    return _lines(q, period, phase)


def _checked(p: Field, q: Field, period: float, phase: float) -> Field:
    across, down = _lines(p, period * 1.25, phase), _lines(q, period * 1.25, phase)
    return across + down - 2 * across * down


def _dotted(p: Field, q: Field, period: float, phase: float) -> Field:
    row = np.floor(q / period + phase)
    x = p / period + phase + 0.5 * (row % 2)
    y = q / period + phase
    distance = np.hypot(x - np.floor(x) - 0.5, y - row - 0.5)
    return _soft((distance - 0.31) * period)


def _rippled(p: Field, q: Field, period: float, phase: float) -> Field:
    return _lines(np.hypot(p, q), period, phase)


def _zigzag(p: Field, q: Field, period: float, phase: float) -> Field:
    return _lines(q + 0.8 * period * _triangle_wave(p, 1.6 * period), period, phase)


def _marbled(p: Field, q: Field, period: float, phase: float) -> Field:
    angles = np.pi * (np.arange(5) / 5 + phase)
    waves = (2 * np.pi / (1.5 * period)) * (1 + 0.25 * np.sin(7 * angles))
    field = np.zeros_like(p)
    for angle, wave in zip(angles, waves, strict=True):
        field += np.sin(wave * (np.cos(angle) * p + np.sin(angle) * q) + 40 * phase * angle).astype(
            np.float32
        )
    return _soft(field * (period / 4))


TEXTURES: dict[str, Texture] = {
    "plain": _plain,
    "striped": _striped,
    "banded": _banded,
    "checked": _checked,
    "dotted": _dotted,
    "rippled": _rippled,
    "zigzag": _zigzag,
    "marbled": _marbled,
}
