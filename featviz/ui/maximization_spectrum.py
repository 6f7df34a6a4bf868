"""The spectrum of a picture beside that of real ones: how much of it is coarse, and how much is fine."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from featviz.explain.maximization.statistics import magnitude_of, measured_magnitude
from featviz.models.model import Model
from featviz.render.curves import compared_curves
from featviz.ui.look import accent
from featviz.ui.maximization_film import Film

__all__ = ["draw_spectrum", "falling"]

_FAINTEST = 1e-6


def draw_spectrum(model: Model, film: Film) -> None:
    """Draw both curves: the mean magnitude at each frequency, coarse structure at the left."""
    pictures = torch.from_numpy(np.array(film.frame.image)).movedim(-1, 1)
    height, width = pictures.shape[-2:]
    name = real_pictures(model)
    frequencies, own = falling(magnitude_of(pictures), width)
    _, real = falling(measured_magnitude(name, height, width), width)
    chart = compared_curves(
        frequencies,
        {"this picture": own, f"pictures of the {name} set": real},
        x_title="cycles a pixel",
        y_title="magnitude, powers of ten",
        colour=accent(),
    )
    st.vega_lite_chart(chart, width="stretch")


def real_pictures(model: Model) -> str:
    """The bundled set that is most like what a network knows."""
    if model.name.startswith("digits"):
        return "digits"
    return "shapes" if model.card.bundled else "photos"


def falling(magnitude: Tensor, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The decimal logarithm of the mean magnitude over rings of equal frequency.

    Args:
        magnitude: (C, H, W // 2 + 1), as of a real Fourier transform.
        width: W.

    Returns:
        The rings' frequencies in cycles a pixel, above 0 and up to 0.5, and the logarithms, (n,) each.
    """
    values = magnitude.double().mean(0).numpy()
    height = values.shape[0]
    far = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    count = min(height, width) // 2
    ring = np.rint(far * 2 * count).astype(int)
    inside = (ring > 0) & (ring <= count)
    sums = np.bincount(ring[inside], values[inside], count + 1)[1:]
    means = sums / np.bincount(ring[inside], minlength=count + 1)[1:]
    return np.arange(1, count + 1) / (2 * count), np.log10(means + _FAINTEST)
