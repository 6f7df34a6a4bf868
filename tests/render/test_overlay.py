import io

import numpy as np
import pytest
from PIL import Image

from featviz.errors import BadInput
from featviz.render import COLORMAPS, Scale, overlay, to_png

VIRIDIS = COLORMAPS["viridis"]
IMAGE = np.random.default_rng(0).integers(0, 256, (12, 8, 3), dtype=np.uint8)
MAP = np.array([[0.0, 1.0], [0.5, 0.25], [1.0, 0.0]])


def test_without_opacity_it_is_the_image_and_with_all_of_it_the_map():
    assert np.array_equal(overlay(IMAGE, MAP, Scale(0, 1), VIRIDIS, 0), IMAGE)
    full = overlay(IMAGE, MAP, Scale(0, 1), VIRIDIS, 1)
    expected = VIRIDIS.table[Scale(0, 1).to_uint8(MAP)].repeat(4, axis=0).repeat(4, axis=1)
    assert np.array_equal(full, expected)


def test_half_is_the_mean():
    half = overlay(IMAGE, np.ones((3, 2)), Scale(0, 1), VIRIDIS, 0.5)
    assert np.abs(half - (IMAGE / 2 + VIRIDIS.table[255] / 2)).max() <= 0.5


def test_bilinear_interpolates_values_and_not_colors():
    ramp = overlay(
        IMAGE, np.array([[-1.0, 1.0]]), Scale(-1, 1, symmetric=True), VIRIDIS, 1, interpolation="bilinear"
    )
    levels = [int(np.abs(VIRIDIS.table.astype(int) - color).sum(axis=1).argmin()) for color in ramp[0]]
    assert levels == sorted(levels)
    assert abs(levels[3] + levels[4] - 256) <= 2
    assert len(set(levels)) > 4


def test_the_constant_map_stays_constant_under_either_interpolation():
    for interpolation in ("nearest", "bilinear"):
        flat = overlay(IMAGE, np.full((3, 2), 0.3), Scale(0, 1), VIRIDIS, 1, interpolation=interpolation)
        assert (flat == flat[0, 0]).all()


def test_a_wrong_image_opacity_or_value_is_refused():
    for code, call in {
        "bad_overlay": lambda: overlay(IMAGE[..., 0], MAP, Scale(0, 1), VIRIDIS, 1),
        "opacity": lambda: overlay(IMAGE, MAP, Scale(0, 1), VIRIDIS, 1.5),
        "not_finite": lambda: overlay(IMAGE, MAP * np.nan, Scale(0, 1), VIRIDIS, 1),
    }.items():
        with pytest.raises(BadInput) as caught:
            call()
        assert caught.value.code == code


@pytest.mark.parametrize("array", [IMAGE, IMAGE[..., 0], IMAGE[::2, ::-1]])
def test_a_png_is_exact(array):
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(to_png(array)))), array)
