"""Maps that look like those of a convolution: smooth, of different strength, cut at zero by a ReLU."""

import numpy as np


def smooth_maps(n: int, side: int, *, signed: bool) -> np.ndarray:
    """Random maps (n, side, side), float32; map 1 is dead."""
    generator = np.random.default_rng(n + side)
    frequency = np.fft.fftfreq(side)
    distance = np.hypot(frequency[:, None], frequency)
    widths = generator.uniform(0.5, 3, n)[:, None, None]
    noise = np.fft.fft2(generator.standard_normal((n, side, side)))
    smooth = np.fft.ifft2(noise * np.exp(-2 * (np.pi * distance * widths) ** 2)).real
    maps = smooth / smooth.std(axis=(1, 2), keepdims=True) * generator.gamma(2, 0.6, n)[:, None, None]
    if not signed:
        maps = np.maximum(maps - generator.uniform(-0.5, 1.2, n)[:, None, None], 0)
    maps[1 % n] = 0
    return maps.astype(np.float32)
