"""Boxes as links hold them, and the units an image stands out with."""

import numpy as np
import pytest

from featviz.representation.search.regions import cells_in_box
from featviz.ui.components.region.region import box_around, read_box, write_box
from featviz.ui.pages.visual_search.by_unit import standing_out
from featviz.ui.pages.visual_search.index import building_seconds


def test_a_box_survives_its_link() -> None:
    box = (0.125, 0.25, 0.875, 1.0)
    assert read_box(write_box(box)) == box
    assert write_box(None) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "0,0,1",
        "0,0,1,1,1",
        "nan,0,1,1",
        "0,0,inf,1",
        "0.5,0,0.2,1",
        "-1,0,1,1",
        "0,0,1,2",
        "1e999,0,1,1",
    ],
)
def test_texts_that_are_no_box(text: str) -> None:
    assert read_box(text) is None


def test_the_box_shown_holds_the_cells_that_count() -> None:
    for grid in ((8, 8), (7, 7), (3, 5), (1, 1), (14, 14)):
        for drawn in ((0.1, 0.2, 0.55, 0.9), (0.0, 0.0, 1.0, 1.0), (0.4, 0.4, 0.41, 0.41)):
            cells = cells_in_box(grid, drawn)
            around = box_around(cells)
            np.testing.assert_array_equal(cells_in_box(grid, around), cells)
            assert box_around(cells_in_box(grid, read_box(write_box(around)))) == around


def test_units_that_stand_out() -> None:
    vectors = np.random.default_rng(0).standard_normal((50, 9)).astype(np.float32)
    vectors[:, 4] = 7
    vectors[3, 6], vectors[3, 2] = 30, 20
    assert standing_out(vectors, 3)[:2] == [6, 2]
    assert 4 not in standing_out(vectors, 3)
    assert standing_out(np.ones((4, 3), np.float32), 0) == []
    assert standing_out(vectors[:1], 0) == []


def test_an_index_of_more_vectors_or_clusters_takes_longer() -> None:
    usual = building_seconds(50_000, 64, 0)
    assert 0 < usual < building_seconds(500_000, 64, 0)
    assert usual < building_seconds(50_000, 64, 2000)
    assert usual < building_seconds(50_000, 2048, 0)
