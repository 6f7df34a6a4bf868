"""Pictures and signed maps that look like those of attribution: sparse, heavy in the tails, strongest on a shape."""

import numpy as np
from sklearn.datasets import load_sample_images

REFUSAL = (
    "Grad-CAM needs maps with rows and columns, and the layer asked for, encoder.layers.11.mlp, puts out 768 "
    "numbers for each of 197 tokens; choose a convolution, or the rollout of attention instead."
)


def picture_of(number: int, side: int) -> np.ndarray:
    """A square out of one of two photographs, (side, side, 3) uint8."""
    photo = load_sample_images().images[number % 2]
    places = np.arange(side) * 400 // side
    return photo[10 + places][:, 120 + places]


def map_of(number: int, side: int) -> np.ndarray:
    """Values (side, side), float32, of a size that differs from map to map."""
    generator = np.random.default_rng(number)
    across = np.linspace(-1, 1, side)
    x, y = generator.uniform(-0.4, 0.4, 2)
    bump = np.exp(-((across[:, None] - y) ** 2 + (across - x) ** 2) / 0.12)
    values = bump * (0.4 + 0.6 * generator.standard_normal((side, side))) + 0.03 * generator.standard_normal(
        (side, side)
    )
    return (values * 10 ** generator.uniform(-3, -1)).astype(np.float32)
