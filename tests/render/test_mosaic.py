import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featviz.errors import BadInput
from featviz.render import best_columns, mosaic, thumbnails


def random_tiles(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(7, 4, 6), (7, 4, 6, 3)])
def test_every_tile_is_where_its_number_says(shape):
    tiles = random_tiles(*shape)
    sheet = mosaic(tiles, 3, gap=2)
    assert sheet.shape[:2] == (3 * 4 + 2 * 2, 3 * 6 + 2 * 2)
    for number, tile in enumerate(tiles):
        top, left = number // 3 * 6, number % 3 * 8
        assert np.array_equal(sheet[top : top + 4, left : left + 6], tile)


def test_gaps_and_empty_places_have_the_background():
    sheet = mosaic(np.zeros((3, 2, 2), np.uint8), 2, gap=1, background=9)
    assert sheet[2].tolist() == [9] * 5
    assert (sheet[3:, 3:] == 9).all()
    colors = mosaic(np.zeros((2, 2, 2, 3), np.uint8), 2, background=(1, 2, 3))
    assert colors[0, 2].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("tiles", "columns"),
    [
        (np.zeros((2, 2, 2)), 1),
        (random_tiles(2, 2), 1),
        (random_tiles(2, 2, 2), 0),
        (random_tiles(0, 2, 2), 1),
    ],
)
def test_what_is_no_row_of_tiles_is_refused(tiles, columns):
    with pytest.raises(BadInput, match="a mosaic needs uint8"):
        mosaic(tiles, columns)


@settings(max_examples=100, deadline=None)
@given(n=st.integers(1, 3000), aspect=st.floats(0.2, 5))
def test_columns_are_possible_and_near_the_aspect(n, aspect):
    columns = best_columns(n, aspect)
    assert 1 <= columns <= n
    rows = -(-n // columns)
    if n >= 30:
        assert 0.5 < columns / rows / aspect < 2


def test_columns_leave_few_places_empty():
    assert -512 % best_columns(512) <= 1
    assert -96 % best_columns(96) == 0
    assert best_columns(64, 1) == 8


def test_small_maps_are_left_alone():
    maps = np.ones((2, 56, 56), np.float32)
    assert thumbnails(maps) is maps


def test_means_are_the_means_of_blocks_also_at_the_edge():
    maps = np.arange(2 * 5 * 7, dtype=np.float32).reshape(2, 5, 7)
    small = thumbnails(maps, limit=4)
    assert small.shape == (2, 3, 4)
    assert small[1, 0, 1] == maps[1, 0:2, 2:4].mean()
    assert small[1, 2, 3] == maps[1, 4, 6]
    assert small.dtype == np.float32


def test_max_keeps_a_single_bright_or_dark_pixel():
    maps = np.zeros((1, 224, 224), np.float32)
    maps[0, 100, 50], maps[0, 7, 7] = 5, -6
    small = thumbnails(maps, reduce="max")
    assert small.shape == (1, 112, 112)
    assert small[0, 50, 25] == 5
    assert small[0, 3, 3] == -6
    assert thumbnails(maps)[0, 50, 25] == 1.25
