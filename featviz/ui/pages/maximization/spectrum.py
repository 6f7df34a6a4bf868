"""The spectrum of an image beside that of real ones: how much of it is coarse, and how much is fine."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featviz.data.sets.image_set import ImageSet
from featviz.explain.maximization.fourier import radial_power
from featviz.explain.maximization.image_statistics import read_images
from featviz.models.model import Model
from featviz.render.charts.curves import compared_curves
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.pages.maximization.film import Film

__all__ = ["draw_spectrum"]

_MEASURED_ON = 256
_FAINTEST = 1e-9


def draw_spectrum(model: Model, film: Film) -> None:
    """Draw both curves: the mean power at each frequency, coarse structure at the left."""
    images = torch.from_numpy(np.array(film.frame.image)).movedim(-1, 1)
    name = model.card.suits
    frequencies, power = radial_power(images)
    real_power = _real_power(name, *images.shape[-2:])
    measured = (~power.isnan() & ~real_power.isnan()).numpy()
    drawn = compared_curves(
        frequencies.numpy()[measured],
        {
            "this image": _powers_of_ten(power)[measured],
            f"images of the {name} set": _powers_of_ten(real_power)[measured],
        },
        x_title="spatial frequency (cycles per pixel)",
        y_title="log₁₀ power",
        theme=chart_theme(),
    )
    chart(drawn, alt=f"The power spectrum of this image beside that of the {name} set.", key="spectrum")


@lru_cache(maxsize=8)
def _real_power(name: str, height: int, width: int) -> Tensor:
    return radial_power(read_images(ImageSet.bundled(name), (height, width), _MEASURED_ON))[1]


def _powers_of_ten(power: Tensor) -> NDArray[np.float32]:
    return np.log10(power.numpy() + _FAINTEST)
