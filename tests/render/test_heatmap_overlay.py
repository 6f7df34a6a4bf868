"""Maps over pictures: the ends of the opacity, and what says nothing."""

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.render import COLORMAPS
from featviz.render.heatmap_overlay import heatmap_overlay
from featviz.render.normalization import Scale

PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
COLORS = COLORMAPS["blue_white_red"]
SCALE = Scale(-1, 1, symmetric=True)


def test_the_ends_are_the_picture_and_the_map_alone() -> None:
    values = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8)
    assert np.array_equal(heatmap_overlay(PICTURE, values, SCALE, COLORS, 0), PICTURE)
    assert np.array_equal(
        heatmap_overlay(PICTURE, values, SCALE, COLORS, 1), COLORS.colors(SCALE.to_uint8(values))
    )


def test_what_says_nothing_lets_the_picture_through_and_what_is_strong_covers_it() -> None:
    values = np.zeros((8, 8), np.float32)
    values[:4] = 1
    drawn = heatmap_overlay(PICTURE, values, SCALE, COLORS, 0.5).astype(float)
    red = COLORS.colors(SCALE.to_uint8(values))[0, 0]
    assert np.abs(drawn[:4] - red).mean() < 0.6 * np.abs(PICTURE[:4] - red.astype(float)).mean()
    brightness = PICTURE @ [0.213, 0.715, 0.072]
    assert np.corrcoef(drawn[4:].mean(2).ravel(), brightness[4:].ravel())[0, 1] > 0.97


def test_a_flat_map_and_a_larger_side() -> None:
    drawn = heatmap_overlay(
        PICTURE, np.zeros((2, 2), np.float32), Scale(0, 0, symmetric=True), COLORS, 0.5, side=32
    )
    assert drawn.shape == (32, 32, 3)


def test_an_opacity_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput):
        heatmap_overlay(PICTURE, np.zeros((2, 2), np.float32), SCALE, COLORS, 1.5)
