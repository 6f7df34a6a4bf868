"""Spectra there and back, and what they say of pictures."""

import pytest
import torch

from featviz.explain.maximization.fourier import (
    ScaledSpectrum,
    frequencies,
    magnitude_falling,
    radial_power,
    to_images,
    to_spectrum,
)
from featviz.explain.maximization.vjp import as_autograd

SIZES = [(16, 16), (17, 16), (16, 15), (9, 13)]


def pictures(*size: int) -> torch.Tensor:
    return torch.randn((2, 3, *size), generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_comes_back_from_its_spectrum(size: tuple[int, int]) -> None:
    torch.testing.assert_close(to_images(to_spectrum(pictures(*size)), size), pictures(*size))


@pytest.mark.parametrize("size", SIZES)
def test_energy_is_kept(size: tuple[int, int]) -> None:
    """Parseval, where a half spectrum's columns count twice, but for the first and a last one that stands alone."""
    energy = to_spectrum(pictures(*size)).abs().square()
    twice = torch.full((energy.shape[-1],), 2.0, dtype=torch.float64)
    twice[0] = 1
    if size[1] % 2 == 0:
        twice[-1] = 1
    torch.testing.assert_close((energy * twice).sum(), pictures(*size).square().sum())


def test_a_wave_has_its_own_frequency() -> None:
    x = torch.arange(32.0)
    wave = torch.cos(2 * torch.pi * 4 * x / 32).expand(32, 32)
    spectrum = to_spectrum(wave).abs()
    place = int(spectrum.argmax())
    assert frequencies(32, 32).flatten()[place] == pytest.approx(4 / 32)
    assert spectrum.flatten()[place] ** 2 == pytest.approx(float(spectrum.square().sum()), rel=1e-4)


def test_magnitude_falls_with_its_power() -> None:
    falling = magnitude_falling(32, 32, 1.5)
    assert falling[0, 8] / falling[0, 4] == pytest.approx(2**-1.5)
    assert falling[0, 0] == falling[0, 1]


def test_power_of_a_falling_spectrum_is_measured_as_it_was_made() -> None:
    phases = torch.pi * torch.rand((8, 1, 64, 33), generator=torch.Generator().manual_seed(0))
    made = to_images(torch.polar(magnitude_falling(64, 64, 1.0).expand_as(phases), phases), (64, 64))
    speed, power = radial_power(made)
    known = ~power.isnan() & (speed > 0.05) & (speed < 0.4)
    slope = torch.diff(power[known].log()).sum() / torch.diff(speed[known].log()).sum()
    assert float(slope) == pytest.approx(-2, abs=0.25)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (6, 5), (1, 4)])
def test_the_quick_way_back_from_pictures_is_autograds(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    half = (size[0], size[1] // 2 + 1, 2)
    numbers, slopes = (
        torch.randn((2, 3, *shape), generator=generator).double() for shape in (half, (size[0], size[1]))
    )
    scale = torch.rand(half[:2], generator=generator).double()
    numbers.requires_grad_()
    quick = as_autograd(ScaledSpectrum(scale, size), numbers)
    plain = to_images(torch.view_as_complex(numbers * scale[..., None]), size)
    torch.testing.assert_close(quick, plain, rtol=0, atol=0)
    found, true = (torch.autograd.grad(painted, numbers, slopes)[0] for painted in (quick, plain))
    torch.testing.assert_close(found, true)
