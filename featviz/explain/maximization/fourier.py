"""Pictures and their Fourier spectra: there, back, and how strong natural pictures are at each frequency."""

import torch
from torch import Tensor

from featviz.explain.maximization.vjp import Back

__all__ = [
    "ScaledWaves",
    "frequencies",
    "magnitude_falling",
    "radial_power",
    "to_pictures",
    "to_spectrum",
]


def frequencies(height: int, width: int) -> Tensor:
    """How fast each component of a half spectrum waves, in cycles a pixel, (H, W // 2 + 1)."""
    return torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])


def magnitude_falling(height: int, width: int, decay: float) -> Tensor:
    """1 / frequency ** decay, (H, W // 2 + 1): natural pictures fall with about 1 (Field 1987).

    The constant component counts as the slowest wave. All powers are brought to the energy of the first, so
    that the power changes where the energy lies and not how much there is.
    """
    speed = frequencies(height, width).clamp(min=1 / max(height, width))
    falling = speed**-decay
    return falling * ((speed**-2).mean() / falling.square().mean()).sqrt()


def to_spectrum(pictures: Tensor) -> Tensor:
    """Real pictures (..., H, W) -> complex half spectra (..., H, W // 2 + 1), orthonormal."""
    spectra: Tensor = torch.fft.rfft2(pictures, norm="ortho")
    return spectra


def to_pictures(spectra: Tensor, size: tuple[int, int]) -> Tensor:
    """Half spectra (..., H, W // 2 + 1) -> pictures (..., H, W) of this size, orthonormal.

    The energy, the sum of squares, stays the same (Parseval), where components between the first and the
    last column count twice.
    """
    pictures: Tensor = torch.fft.irfft2(spectra, s=size, norm="ortho")
    return pictures


class ScaledWaves:
    """The way from numbers (..., H, W // 2 + 1, 2) to pictures: `to_pictures` of the spectra they are, scaled.

    Args:
        scale: (H, W // 2 + 1) of each component.
        size: height and width of the pictures.
    """

    def __init__(self, scale: Tensor, size: tuple[int, int]) -> None:
        self.size = size
        self.scale = scale[..., None].repeat(1, 1, 2)
        # the way back is the transform there, where waves that stand for two count twice
        self._back = self.scale.clone()
        self._back[:, 1 : (size[1] + 1) // 2] *= 2

    def __call__(self, numbers: Tensor) -> tuple[Tensor, Back]:
        """The pictures of numbers, and the way back."""
        spectra = torch.view_as_complex(numbers * self.scale.to(numbers))
        return to_pictures(spectra, self.size), self._from

    def _from(self, slopes: Tensor) -> Tensor:
        return torch.view_as_real(to_spectrum(slopes)).mul_(self._back.to(slopes))


def radial_power(pictures: Tensor, bins: int = 24) -> tuple[Tensor, Tensor]:
    """Mean power by frequency over a batch of pictures (N, C, H, W), each less its mean.

    Returns:
        The middle of each band in cycles a pixel and the mean squared magnitude in it, both (bins,), bands
        spaced evenly in the logarithm from the slowest wave to half a cycle a pixel; NaN where a band holds
        no component.
    """
    height, width = pictures.shape[-2:]
    spectra = to_spectrum(pictures - pictures.mean((-2, -1), keepdim=True))
    power = spectra.abs().square().flatten(0, -3).mean(0).flatten()
    speed = frequencies(height, width).flatten().to(power)
    edges = torch.logspace(torch.log10(torch.tensor(1 / max(height, width))).item() - 0.01, -0.3, bins + 1)
    place = torch.bucketize(speed, edges.to(power)) - 1
    within = (place >= 0) & (place < bins)
    total = power.new_zeros(bins).index_add_(0, place[within], power[within])
    many = power.new_zeros(bins).index_add_(0, place[within], torch.ones_like(power[within]))
    return (edges[1:] * edges[:-1]).sqrt(), total / many
