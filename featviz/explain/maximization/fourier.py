"""Images and their Fourier spectra: the transforms, their pullback, and the spectrum of natural images."""

import torch
from torch import Tensor

from featviz.explain.maximization.vjp import Pullback

__all__ = [
    "ScaledSpectrum",
    "frequencies",
    "magnitude_falling",
    "radial_power",
    "to_images",
    "to_spectrum",
]


def frequencies(height: int, width: int) -> Tensor:
    """The frequency of each component of a half spectrum, in cycles per pixel, (H, W // 2 + 1)."""
    return torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])


def magnitude_falling(height: int, width: int, decay: float) -> Tensor:
    """1 / frequency ** decay, (H, W // 2 + 1): natural images have a decay of about 1 (Field 1987).

    The constant component gets the lowest frequency above zero. Every decay is scaled to the energy of decay 1, so
    that it changes where the energy lies and not how much there is.
    """
    frequency = frequencies(height, width).clamp(min=1 / max(height, width))
    falling = frequency**-decay
    return falling * ((frequency**-2).mean() / falling.square().mean()).sqrt()


def to_spectrum(images: Tensor) -> Tensor:
    """Real images (..., H, W) -> complex half spectra (..., H, W // 2 + 1), orthonormal."""
    spectra: Tensor = torch.fft.rfft2(images, norm="ortho")
    return spectra


def to_images(spectra: Tensor, size: tuple[int, int]) -> Tensor:
    """Half spectra (..., H, W // 2 + 1) -> images (..., H, W) of this size, orthonormal.

    The energy, the sum of squares, stays the same (Parseval), where components between the first and the
    last column count twice.
    """
    images: Tensor = torch.fft.irfft2(spectra, s=size, norm="ortho")
    return images


class ScaledSpectrum:
    """From parameters (..., H, W // 2 + 1, 2), real and imaginary parts, to images: `to_images(scale * spectrum)`.

    Args:
        scale: (H, W // 2 + 1), the factor of each component.
        size: height and width of the images in pixels.
    """

    def __init__(self, scale: Tensor, size: tuple[int, int]) -> None:
        self.size = size
        self.scale = scale[..., None].repeat(1, 1, 2)
        # the adjoint of irfft2 is rfft2, with components that stand for two conjugates counted twice
        self._gradient_scale = self.scale.clone()
        self._gradient_scale[:, 1 : (size[1] + 1) // 2] *= 2

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Pullback]:
        """The images (..., H, W) that parameters stand for, and the pullback."""
        spectra = torch.view_as_complex(parameters * self.scale.to(parameters))
        return to_images(spectra, self.size), self._pullback

    def _pullback(self, grad_output: Tensor) -> Tensor:
        return torch.view_as_real(to_spectrum(grad_output)).mul_(self._gradient_scale.to(grad_output))


def radial_power(images: Tensor, bins: int = 24) -> tuple[Tensor, Tensor]:
    """Radially averaged power spectrum of a batch of images (N, C, H, W), each less its mean.

    Returns:
        The geometric middle of each band in cycles per pixel and the mean squared magnitude in it, both (bins,);
        bands are spaced evenly in the logarithm from the lowest frequency to half a cycle per pixel; NaN where a
        band holds no component.
    """
    height, width = images.shape[-2:]
    spectra = to_spectrum(images - images.mean((-2, -1), keepdim=True))
    power = spectra.abs().square().flatten(0, -3).mean(0).flatten()
    frequency = frequencies(height, width).flatten().to(power)
    edges = torch.logspace(torch.log10(torch.tensor(1 / max(height, width))).item() - 0.01, -0.3, bins + 1)
    band = torch.bucketize(frequency, edges.to(power)) - 1
    within = (band >= 0) & (band < bins)
    total = power.new_zeros(bins).index_add_(0, band[within], power[within])
    count = power.new_zeros(bins).index_add_(0, band[within], torch.ones_like(power[within]))
    return (edges[1:] * edges[:-1]).sqrt(), total / count
