"""Spectra as curves: a wave stands where its frequency is, and what falls like 1 / f has that slope."""

import numpy as np
import torch

from featviz.explain.maximization.statistics import magnitude_of
from featviz.ui.maximization_spectrum import falling


def test_a_wave_is_strongest_at_its_frequency() -> None:
    wave = 0.5 + 0.4 * torch.sin(2 * torch.pi * torch.arange(64) * 8 / 64)
    frequencies, strength = falling(magnitude_of(wave.expand(1, 3, 64, 64)), 64)
    assert frequencies[strength.argmax()] == 8 / 64


def test_what_falls_with_the_frequency_falls_in_the_curve() -> None:
    far = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.rfftfreq(64)[None])
    far[0, 0] = 1
    frequencies, strength = falling(torch.from_numpy(1 / far)[None], 64)
    slope = np.polyfit(np.log10(frequencies[2:]), strength[2:], 1)[0]
    assert abs(slope + 1) < 0.02
    assert frequencies[-1] == 0.5
