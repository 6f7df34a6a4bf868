"""What is learned of a picture: its spectrum, its pixels or its phases, and how that becomes colours in [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.maximization.color_decorrelation import Palette
from featviz.explain.maximization.fourier import (
    ScaledWaves,
    magnitude_falling,
    to_pictures,
    to_spectrum,
)
from featviz.explain.maximization.image_statistics import Statistics, measured_magnitude
from featviz.explain.maximization.vjp import Way, after, by_autograd, tracked
from featviz.registry import Range, Registry

__all__ = ["IMAGES", "Blank", "Image", "fourier", "maco", "pixel"]

Colours: TypeAlias = Statistics | Literal["none"]
Spectrum: TypeAlias = Literal["natural", "shapes", "digits", "photos"]

IMAGES = Registry("kind of image")
"""Each is a function (blank, *, options) -> Image."""

_RATE, _SIDE = 0.1, 64
"""Of a spectrum, up to this size; at a sharp place all waves move together, the more of them the larger."""

_CONTRAST = 0.25


@dataclass(frozen=True, eq=False)
class Blank:
    """What is to be painted.

    Attributes:
        count: how many pictures.
        channels: colours, 3 or 1.
        size: height and width in pixels.
        generator: where chance comes from, on the CPU.
        start: pictures (count, channels, H, W) in [0, 1] to begin with, or None.
        transparent: whether a channel more says how opaque each place is.
    """

    count: int
    channels: int
    size: tuple[int, int]
    generator: torch.Generator
    start: Tensor | None = None
    transparent: bool = False

    @property
    def planes(self) -> int:
        """Colours and, where there is one, opacity."""
        return self.channels + self.transparent

    def noise(self, *shape: int) -> Tensor:
        """Normal numbers."""
        return torch.randn(shape, generator=self.generator)


@dataclass(frozen=True, eq=False)
class Image:
    """A way to paint pictures.

    Attributes:
        leaf: what is learned, real numbers.
        draw: the way from such numbers to pictures (N, planes, H, W) in [0, 1].
        rate: a learning rate that suits it.
    """

    leaf: Tensor
    draw: Way
    rate: float

    def paint(self, numbers: Tensor) -> Tensor:
        """The pictures of numbers; autograd can go back."""
        return tracked(self.draw, numbers)


@IMAGES.register("Fourier spectrum", reference="Olah et al. 2017, doi:10.23915/distill.00007")
def fourier(
    blank: Blank,
    *,
    decay: Annotated[float, Range(0, 2)] = 1.2,
    deviation: Annotated[float, Range(0, 1)] = 0.01,
    colours: Colours = "imagenet",
) -> Image:
    """The spectrum is learned, so that coarse and fine structure grow at the pace of natural pictures.

    Args:
        blank: what is to be painted.
        decay: frequencies f move in proportion to 1 / f ** decay: 0 like pixels, 1 natural, 2 smooth.
        deviation: of the random numbers it starts from.
        colours: the image set whose colours go together as these should, or none.
    """
    waves = ScaledWaves(_CONTRAST * magnitude_falling(*blank.size, decay), blank.size)
    to_colours = Palette(blank.channels, colours, transparent=blank.transparent)
    if blank.start is None:
        leaf = deviation * blank.noise(blank.count, blank.planes, *waves.scale.shape)
    else:
        leaf = torch.view_as_real(to_spectrum(to_colours.inverse(blank.start))) / waves.scale

    return Image(leaf, after(waves, to_colours), rate=_RATE * min(1, _SIDE / max(blank.size)))


@IMAGES.register("Pixels", reference="Erhan et al. 2009, technical report 1341, Université de Montréal")
def pixel(
    blank: Blank,
    *,
    deviation: Annotated[float, Range(0, 1)] = 0.01,
    colours: Colours = "imagenet",
) -> Image:
    """Every pixel is learned by itself: the plain way, which fills pictures with fine noise.

    Args:
        blank: what is to be painted.
        deviation: of the random numbers it starts from.
        colours: the image set whose colours go together as these should, or none.
    """
    to_colours = Palette(blank.channels, colours, transparent=blank.transparent)
    if blank.start is None:
        leaf = deviation * blank.noise(blank.count, blank.planes, *blank.size)
    else:
        leaf = to_colours.inverse(blank.start)
    return Image(leaf, to_colours, rate=0.05)


@IMAGES.register("MACO (phases alone)", reference="Fel et al. 2023, arXiv:2306.06805")
def maco(
    blank: Blank,
    *,
    spectrum: Spectrum = "natural",
    contrast: Annotated[float, Range(0.2, 4)] = 1.5,
    colours: Colours = "imagenet",
) -> Image:
    """Only the phases are learned; the magnitude at each frequency stays that of natural pictures.

    Args:
        blank: what is to be painted.
        spectrum: whose magnitudes: 1 / f, or measured on a bundled image set.
        contrast: the standard deviation before the sigmoid that makes colours of numbers.
        colours: the image set whose colours go together as these should, or none; of a measured spectrum
            the brightness is taken.
    """
    magnitude = _natural(blank.size) if spectrum == "natural" else _measured(spectrum, blank.size)
    to_colours = Palette(blank.channels, colours, transparent=blank.transparent)
    if blank.start is None:
        leaf = torch.pi * (
            2 * torch.rand((blank.count, blank.planes, *magnitude.shape), generator=blank.generator) - 1
        )
    else:
        leaf = to_spectrum(to_colours.inverse(blank.start)).angle()

    def painted(phases: Tensor) -> Tensor:
        waves = torch.polar(magnitude.to(phases).expand_as(phases), phases)
        flat = to_pictures(waves, blank.size)
        return contrast * flat / flat.std((-3, -2, -1), keepdim=True).clamp(min=1e-6)

    return Image(leaf, after(by_autograd(painted), to_colours), rate=0.2)


def _natural(size: tuple[int, int]) -> Tensor:
    magnitude = magnitude_falling(*size, 1.0)
    magnitude[0, 0] = 0
    return magnitude


def _measured(spectrum: str, size: tuple[int, int]) -> Tensor:
    magnitude = measured_magnitude(spectrum, *size).mean(0)
    if not bool(magnitude.any()):
        raise BadInput(f"The pictures of {spectrum} show nothing.", code="spectrum")
    return magnitude
