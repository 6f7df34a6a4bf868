"""Image parameterizations: the spectrum, the pixels or the phases as parameters, and how they become an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.maximization.color_decorrelation import ColorDecorrelation
from featviz.explain.maximization.fourier import (
    ScaledSpectrum,
    magnitude_falling,
    to_images,
    to_spectrum,
)
from featviz.explain.maximization.image_statistics import Statistics, measured_magnitude
from featviz.explain.maximization.vjp import Differentiable, as_autograd, compose, from_autograd
from featviz.registry import Level, Range, Registry

__all__ = ["PARAMETERIZATIONS", "ImageSpec", "Parameterization", "fourier", "maco", "pixel"]

Colors: TypeAlias = Annotated[Statistics | Literal["none"], Level("all")]
Deviation: TypeAlias = Annotated[float, Range(0, 1), Level("all")]
Spectrum: TypeAlias = Annotated[Literal["natural", "shapes", "digits", "photos"], Level("more")]

PARAMETERIZATIONS = Registry("kind of image")
"""Each is a function (blank, *, options) -> Image."""

_RATE, _SIDE = 0.1, 64
"""Learning rate of a spectrum up to this size; at an edge all components move together, more of them in a larger
image, so the rate falls with the size."""

_CONTRAST = 0.25


@dataclass(frozen=True, eq=False)
class ImageSpec:
    """The images to parameterize.

    Attributes:
        count: batch size.
        channels: color channels, 3 or 1.
        size: height and width in pixels.
        generator: of random initial values, on the CPU.
        start: initial images (count, channels, H, W) in [0, 1], or None for random ones.
        transparent: whether one more channel holds the opacity of each pixel.
    """

    count: int
    channels: int
    size: tuple[int, int]
    generator: torch.Generator
    start: Tensor | None = None
    transparent: bool = False

    @property
    def planes(self) -> int:
        """Number of color channels, plus one for the opacity where there is one."""
        return self.channels + self.transparent

    def noise(self, *shape: int) -> Tensor:
        """Standard normal values of this shape."""
        return torch.randn(shape, generator=self.generator)


@dataclass(frozen=True, eq=False)
class Parameterization:
    """A differentiable map from parameters to images (Lucid: `param`).

    Attributes:
        parameters: the initial parameters, (N, ...) float32, unbounded.
        decode: parameters -> images (N, planes, H, W) in [0, 1], with a pullback.
        rate: the default learning rate.
    """

    parameters: Tensor
    decode: Differentiable
    rate: float

    def to_image(self, parameters: Tensor) -> Tensor:
        """The images of parameters, (N, planes, H, W) in [0, 1], differentiable by autograd."""
        return as_autograd(self.decode, parameters)


@PARAMETERIZATIONS.register("Fourier spectrum", reference="Olah et al. 2017, doi:10.23915/distill.00007")
def fourier(
    spec: ImageSpec,
    *,
    decay: Annotated[float, Range(0, 2), Level("more")] = 1.2,
    deviation: Deviation = 0.01,
    colors: Colors = "imagenet",
) -> Parameterization:
    """The spectrum is learned, so that coarse and fine structure grow at the pace of natural images.

    Args:
        spec: what is to be painted.
        decay: frequencies f move in proportion to 1 / f ** decay: 0 like pixels, 1 natural, 2 smooth.
        deviation: of the random numbers it starts from.
        colors: the image set whose colours go together as these should, or none.
    """
    waves = ScaledSpectrum(_CONTRAST * magnitude_falling(*spec.size, decay), spec.size)
    decorrelation = ColorDecorrelation(spec.channels, colors, transparent=spec.transparent)
    if spec.start is None:
        parameters = deviation * spec.noise(spec.count, spec.planes, *waves.scale.shape)
    else:
        parameters = torch.view_as_real(to_spectrum(decorrelation.inverse(spec.start))) / waves.scale

    return Parameterization(
        parameters, compose(waves, decorrelation), rate=_RATE * min(1, _SIDE / max(spec.size))
    )


@PARAMETERIZATIONS.register(
    "Pixels", reference="Erhan et al. 2009, technical report 1341, Université de Montréal"
)
def pixel(
    spec: ImageSpec,
    *,
    deviation: Deviation = 0.01,
    colors: Colors = "imagenet",
) -> Parameterization:
    """Every pixel is learned by itself: the plain way, which fills images with fine noise.

    Args:
        spec: what is to be painted.
        deviation: of the random numbers it starts from.
        colors: the image set whose colours go together as these should, or none.
    """
    decorrelation = ColorDecorrelation(spec.channels, colors, transparent=spec.transparent)
    if spec.start is None:
        parameters = deviation * spec.noise(spec.count, spec.planes, *spec.size)
    else:
        parameters = decorrelation.inverse(spec.start)
    return Parameterization(parameters, decorrelation, rate=0.05)


@PARAMETERIZATIONS.register("MACO (phases alone)", reference="Fel et al. 2023, arXiv:2306.06805")
def maco(
    spec: ImageSpec,
    *,
    spectrum: Spectrum = "natural",
    contrast: Annotated[float, Range(0.2, 4), Level("more")] = 1.5,
    colors: Colors = "imagenet",
) -> Parameterization:
    """Only the phases are learned; the magnitude at each frequency stays that of natural images.

    Args:
        spec: what is to be painted.
        spectrum: whose magnitudes: 1 / f, or measured on a bundled image set.
        contrast: the standard deviation before the sigmoid that makes colours of numbers.
        colors: the image set whose colours go together as these should, or none; of a measured spectrum
            the brightness is taken.
    """
    magnitude = _natural(spec.size) if spectrum == "natural" else _measured(spectrum, spec.size)
    decorrelation = ColorDecorrelation(spec.channels, colors, transparent=spec.transparent)
    if spec.start is None:
        parameters = torch.pi * (
            2 * torch.rand((spec.count, spec.planes, *magnitude.shape), generator=spec.generator) - 1
        )
    else:
        parameters = to_spectrum(decorrelation.inverse(spec.start)).angle()

    def spectrum_of_phases(phases: Tensor) -> Tensor:
        waves = torch.polar(magnitude.to(phases).expand_as(phases), phases)
        flat = to_images(waves, spec.size)
        return contrast * flat / flat.std((-3, -2, -1), keepdim=True).clamp(min=1e-6)

    return Parameterization(parameters, compose(from_autograd(spectrum_of_phases), decorrelation), rate=0.2)


def _natural(size: tuple[int, int]) -> Tensor:
    magnitude = magnitude_falling(*size, 1.0)
    magnitude[0, 0] = 0
    return magnitude


def _measured(spectrum: str, size: tuple[int, int]) -> Tensor:
    magnitude = measured_magnitude(spectrum, *size).mean(0)
    if not bool(magnitude.any()):
        raise BadInput(f"The images of {spectrum} show nothing.", code="spectrum")
    return magnitude
