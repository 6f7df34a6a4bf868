"""The Shapes world: images of one textured shape each, whose every factor is known.

An image is a pure function of its factors, and its factors of a seed and an index. So a claim about a
network can be tested by changing one factor and nothing else: `render_shapes(replace(factors, texture=...))`.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from featviz.data.shapes.backgrounds import BACKGROUNDS
from featviz.data.shapes.colors import Color, draw_palette
from featviz.data.shapes.outlines import OUTLINES
from featviz.data.shapes.textures import TEXTURES
from featviz.deprecation import renamed_attribute
from featviz.errors import BadInput

SHAPES_SIZE = 64
SHAPES = tuple(OUTLINES)
TEXTURE_NAMES = tuple(TEXTURES)
SHAPES_CLASSES = tuple(f"{texture} {shape}" for shape in SHAPES for texture in TEXTURE_NAMES)
BACKGROUND_NAMES = tuple(BACKGROUNDS)

TRAINING_SEED = 1
HELD_OUT_SEED = 2
HELD_OUT_LENGTH = 2000

Pixels: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]
Field: TypeAlias = NDArray[np.float32]

_Y, _X = np.mgrid[0:SHAPES_SIZE, 0:SHAPES_SIZE].astype(np.float32)


@dataclass(frozen=True)
class ShapesFactors:
    """Everything a Shapes image is made of.

    Attributes:
        shape: one of `SHAPES`.
        texture: one of `TEXTURE_NAMES`.
        size: radius in pixels of the circle around the shape, 19 to 28.
        x, y: the shape's centre in pixels from the upper left pixel's centre.
        rotation: of the shape, clockwise, in degrees, 0 to 360.
        period: of the texture, in pixels, 6.5 to 9.5.
        phase: of the texture, in periods, 0 to 1.
        tilt: of the texture, clockwise, in degrees, -10 to 10; it does not turn with the shape.
        color, accent: the two colours of the fill, sRGB in [0, 1]; a plain shape shows only the first.
        background: one of `BACKGROUND_NAMES`.
        background_colors: the two colours the background runs between, sRGB in [0, 1].
        background_angle: in degrees; the direction of a gradient, glow or cloud.
    """

    shape: str
    texture: str
    size: float
    x: float
    y: float
    rotation: float
    period: float
    phase: float
    tilt: float
    color: Color
    accent: Color
    background: str
    background_colors: tuple[Color, Color]
    background_angle: float

    colour = renamed_attribute("colour", "color")
    background_colours = renamed_attribute("background_colours", "background_colors")

    @property
    def label(self) -> str:
        """The name of the joint class, such as "striped star"."""
        return f"{self.texture} {self.shape}"


@dataclass(frozen=True, eq=False)
class ShapesImage:
    """An image (64, 64, 3) uint8, the mask (64, 64) of all pixels its shape touches, and its factors."""

    pixels: Pixels
    mask: Mask
    factors: ShapesFactors


def shapes_image(seed: int, index: int) -> ShapesImage:
    """Make the image `index` of the endless image set `seed`, the same in whatever order it is asked for.

    Each run of 80 indices from a multiple of 80 holds every class once.

    Raises:
        BadInput: the seed or the index is negative.
    """
    factors = shapes_factors(seed, index)
    pixels, mask = render_shapes(factors)
    return ShapesImage(pixels, mask, factors)


def shapes_factors(seed: int, index: int) -> ShapesFactors:
    """Draw the factors of the image `index` of the image set `seed`."""
    if seed < 0 or index < 0:
        raise BadInput(f"Shapes got seed {seed} and index {index}; both must be 0 or more.")
    block, index_in_block = divmod(index, len(SHAPES_CLASSES))
    order = np.random.default_rng([seed, block, 1]).permutation(len(SHAPES_CLASSES))
    texture, shape = SHAPES_CLASSES[order[index_in_block]].split()
    return _draw(np.random.default_rng([seed, index]), shape, texture)


def _draw(rng: np.random.Generator, shape: str, texture: str) -> ShapesFactors:
    size = rng.uniform(19, 28)
    x, y = rng.uniform(size + 1, SHAPES_SIZE - 2 - size, 2)
    fill, accent, background_colors = draw_palette(rng)
    return ShapesFactors(
        shape=shape,
        texture=texture,
        size=float(size),
        x=float(x),
        y=float(y),
        rotation=float(rng.uniform(0, 360)),
        period=float(rng.uniform(6.5, 9.5)),
        phase=float(rng.uniform()),
        tilt=float(rng.uniform(-10, 10)),
        color=fill,
        accent=accent,
        background=BACKGROUND_NAMES[rng.integers(len(BACKGROUNDS))],
        background_colors=background_colors,
        background_angle=float(rng.uniform(0, 360)),
    )


def render_shapes(factors: ShapesFactors) -> tuple[Pixels, Mask]:
    """Paint factors.

    Returns:
        the image (64, 64, 3) uint8 and the mask (64, 64) of the pixels the shape touches; outside it the
        image is the background alone.
    """
    dx, dy = _X - np.float32(factors.x), _Y - np.float32(factors.y)
    u, v = _turn(dx / factors.size, dy / factors.size, factors.rotation)
    coverage = np.clip(0.5 - OUTLINES[factors.shape](u, v) * factors.size, 0, 1)
    p, q = _turn(dx, dy, factors.tilt)
    mix = TEXTURES[factors.texture](p, q, factors.period, factors.phase)
    light = 1 - (dx + dy)[..., None] * np.float32(0.06 / factors.size)
    fill = _blend(factors.accent, factors.color, mix) * light
    half = np.float32(SHAPES_SIZE / 2)
    along, across = _turn((_X - half) / half, (_Y - half) / half, factors.background_angle)
    backdrop = BACKGROUNDS[factors.background](along, across)
    ground = _blend(*factors.background_colors, backdrop)
    image = ground + (fill - ground) * coverage[..., None]
    return (image.clip(0, 1) * 255 + 0.5).astype(np.uint8), coverage > 0


def _turn(x: Field, y: Field, degrees: float) -> tuple[Field, Field]:
    cosine, sine = np.float32(np.cos(np.radians(degrees))), np.float32(np.sin(np.radians(degrees)))
    return cosine * x + sine * y, cosine * y - sine * x


def _blend(first: Color, second: Color, mix: Field) -> Field:
    a, b = np.asarray(first, np.float32), np.asarray(second, np.float32)
    blended: Field = a + (b - a) * mix[..., None]
    return blended
