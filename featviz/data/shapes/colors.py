"""Colours chosen by how light, how vivid and of which hue they look."""

import colorsys
import math
from typing import TypeAlias

import numpy as np

Color: TypeAlias = tuple[float, float, float]


def oklch_to_srgb(lightness: float, chroma: float, hue: float) -> Color:
    """Turn an OKLCh colour into sRGB; what lies outside the gamut is clipped.

    Args:
        lightness: perceived lightness in [0, 1].
        chroma: distance from gray, about 0 to 0.3.
        hue: turns in [0, 1).

    Returns:
        red, green, blue in [0, 1].

    Source: B. Ottosson 2020, "A perceptual color space for image processing".
    """
    a, b = chroma * math.cos(2 * math.pi * hue), chroma * math.sin(2 * math.pi * hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _gamma(linear: float) -> float:
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


_HUES = (
    *((15, "red"), (45, "orange"), (70, "yellow"), (165, "green"), (200, "turquoise")),
    *((255, "blue"), (290, "violet"), (345, "pink"), (360, "red")),
)


def hue_name(rgb: Color) -> str:
    """What people call the hue of an sRGB colour in [0, 1]; "grey" where it hardly has one."""
    hue, _lightness, saturation = colorsys.rgb_to_hls(*rgb)
    if saturation < 0.08:
        return "grey"
    return next(name for end, name in _HUES if hue * 360 <= end)


def draw_palette(rng: np.random.Generator) -> tuple[Color, Color, tuple[Color, Color]]:
    """Draw two colours for the fill that stand out from one another and from a quiet background."""
    hue, shift = rng.uniform(), rng.uniform(-0.2, 0.2)
    backdrop, chroma = rng.uniform(), rng.uniform(0.01, 0.05)
    if rng.uniform() < 0.5:  # a light background
        fill, accent = (
            oklch_to_srgb(rng.uniform(0.64, 0.77), rng.uniform(0.12, 0.19), hue),
            _deep(rng, hue + shift),
        )
        ground = rng.uniform(0.9, 0.97)
        return (
            fill,
            accent,
            (oklch_to_srgb(ground, chroma, backdrop), oklch_to_srgb(ground - 0.09, chroma, backdrop + shift)),
        )
    fill, accent = (
        oklch_to_srgb(rng.uniform(0.55, 0.68), rng.uniform(0.13, 0.2), hue),
        _pale(rng, hue + shift),
    )
    ground = rng.uniform(0.2, 0.28)
    return (
        fill,
        accent,
        (oklch_to_srgb(ground, chroma, backdrop), oklch_to_srgb(ground + 0.1, chroma, backdrop + shift)),
    )


def _deep(rng: np.random.Generator, hue: float) -> Color:
    return oklch_to_srgb(rng.uniform(0.26, 0.4), rng.uniform(0.04, 0.14), hue)


def _pale(rng: np.random.Generator, hue: float) -> Color:
    return oklch_to_srgb(rng.uniform(0.88, 0.96), rng.uniform(0.02, 0.1), hue)
