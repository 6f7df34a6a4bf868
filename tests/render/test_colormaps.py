import numpy as np
import pytest

from featviz.render import COLORMAPS, Colormap

SEQUENTIAL = [m for m in COLORMAPS.values() if m.kind == "sequential"]
DIVERGING = [m for m in COLORMAPS.values() if m.kind == "diverging"]


def cie_lightness(table: np.ndarray) -> np.ndarray:
    """L* of sRGB colours: a measure of lightness other than the one the tables are made with."""
    srgb = table / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


def by_id(colormap: Colormap) -> str:
    return colormap.id


def test_the_well_known_maps_are_there():
    assert {"viridis", "inferno", "cividis", "gray"} <= set(COLORMAPS)
    assert len(DIVERGING) >= 2
    assert all(key == colormap.id for key, colormap in COLORMAPS.items())


@pytest.mark.parametrize("colormap", COLORMAPS.values(), ids=by_id)
def test_a_table_is_256_colors_nobody_can_change(colormap):
    assert colormap.table.shape == (256, 3)
    assert colormap.table.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        colormap.table[0] = 0


@pytest.mark.parametrize("colormap", SEQUENTIAL, ids=by_id)
def test_a_sequential_map_rises_in_lightness(colormap):
    lightness = cie_lightness(colormap.table)
    assert (np.diff(lightness) >= -0.25).all()
    assert (np.diff(lightness[::8]) > 0).all()
    assert lightness[-1] - lightness[0] > 70


@pytest.mark.parametrize("colormap", SEQUENTIAL, ids=by_id)
def test_no_step_of_a_sequential_map_is_a_false_edge(colormap):
    assert np.abs(np.diff(colormap.table.astype(int), axis=0)).max() <= 8


@pytest.mark.parametrize("colormap", DIVERGING, ids=by_id)
def test_a_diverging_map_is_as_light_below_zero_as_above(colormap):
    lightness = cie_lightness(colormap.table)
    below, above = lightness[1:128][::-1], lightness[129:256]
    assert np.abs(below - above).max() < 6


@pytest.mark.parametrize("colormap", DIVERGING, ids=by_id)
def test_zero_is_neutral_and_the_extreme_of_lightness(colormap):
    center = colormap.table[colormap.zero].astype(int)
    assert np.ptp(center) <= 2
    away = np.abs(cie_lightness(colormap.table) - cie_lightness(center))
    assert (np.diff(away[colormap.zero :]) >= -0.25).all()


def test_viridis_passes_through_its_anchors():
    table = COLORMAPS["viridis"].table
    assert table[0].tolist() == [0x44, 0x01, 0x54]
    assert table[255].tolist() == [0xFD, 0xE7, 0x25]
    assert np.abs(table[128].astype(int) - [0x21, 0x91, 0x8C]).max() <= 2


def test_cividis_can_be_told_apart_without_red_and_green():
    """For a deuteranope red and green collapse; blue against yellow and lightness must carry the order."""
    table = COLORMAPS["cividis"].table.astype(float)
    confused = table.copy()
    confused[:, 0] = confused[:, 1] = 0.35 * table[:, 0] + 0.65 * table[:, 1]
    assert (np.diff(cie_lightness(confused)[::4]) > 0).all()


def test_colors_are_looked_up_in_any_shape():
    viridis = COLORMAPS["viridis"]
    indices = np.array([[0, 255, 7]], np.uint8)
    assert np.array_equal(viridis.colors(indices)[0, 1], viridis.table[255])
    assert viridis.colors(indices).shape == (1, 3, 3)
