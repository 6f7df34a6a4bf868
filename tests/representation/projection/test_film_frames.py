"""Maps of films: the frames of each lie far nearer to each other than the films do, and keep their neighbors."""

import numpy as np
import pytest
from numpy.typing import NDArray

from featviz.representation.projection import project

DIMENSIONS = 512
APART = 1 / 20_000
"""How far the next frame of a film lies, as a part of how far films lie."""


def films(count: int, frames: int, seed: int) -> NDArray[np.float32]:
    """Random walks around centers that are drawn at random."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(count, 1, DIMENSIONS))
    moves = rng.normal(size=(count, frames, DIMENSIONS))
    moves *= APART * np.sqrt(2 * DIMENSIONS) / np.linalg.norm(moves, axis=2, keepdims=True)
    return (centers + moves.cumsum(1)).reshape(-1, DIMENSIONS).astype(np.float32)


@pytest.mark.parametrize(
    ("count", "frames", "method", "least"),
    [
        (5, 150, "tsne", 0.96),
        (5, 150, "umap", 0.93),
        pytest.param(20, 150, "tsne", 0.945, marks=pytest.mark.long),
        pytest.param(20, 150, "umap", 0.93, marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_frames_that_lie_close_together_keep_their_neighbors(
    count: int, frames: int, method: str, least: float, seed: int
) -> None:
    """Neighbors by squared lengths less twice a product, in single precision, keep less, .92 and .55 of 750 frames."""
    assert project(films(count, frames, seed), method).quality.neighbor_overlap > least
