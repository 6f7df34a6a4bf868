"""The heat map in a real browser: what is painted, pointed at, picked by pointer and by key."""

import re
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from featviz.render import COLORMAPS

APP = "tests/browser/apps/heat_map_app.py"
VIRIDIS = COLORMAPS["viridis"].table
CELLS = "canvas.cells"


@pytest.fixture(scope="module")
def url(serve):
    with serve(APP) as address:
        yield address


def opened(page: Page, address: str) -> Locator:
    page.goto(address)
    canvas = page.locator("canvas.cells")
    expect(canvas).to_have_attribute("data-painted", re.compile(r"[1-9]"), timeout=120_000)
    return canvas


def middle(canvas: Locator, row: int, column: int) -> dict[str, float]:
    side = int(canvas.get_attribute("data-cell") or 0)
    return {"x": (column + 0.5) * side, "y": (row + 0.5) * side}


def painted(canvas: Locator, row: int, column: int) -> np.ndarray:
    """The color (r, g, b, alpha) near the upper left corner of a cell, beside what is written in it."""
    side = int(canvas.get_attribute("data-cell") or 0)
    at = [column * side + 8, row * side + 8]
    pixel = "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data]"
    return np.array(canvas.evaluate(pixel, at))


def test_every_cell_has_the_color_of_its_value_and_what_could_be_chance_has_none(url, page):
    canvas = opened(page, url)
    for row, column in ((0, 0), (0, 4), (2, 2), (3, 1), (4, 4)):
        level = round(255 * (5 * row + column) / 24)
        assert painted(canvas, row, column).tolist() == [*VIRIDIS[level].tolist(), 255]
    assert painted(canvas, 0, 1)[3] < 255, "the page shows through: no color of the map"
    assert painted(canvas, 4, 0)[3] == 0, "undefined: nothing at all"
    expect(page.get_by_text("could be chance")).to_be_visible()
    expect(page.get_by_text("best match of its row")).to_be_visible()


def test_pointing_names_the_cell_and_a_click_picks_it(url, page):
    canvas = opened(page, url)
    canvas.hover(position=middle(canvas, 3, 1))
    card = page.locator(".heat-map .card")
    expect(card).to_contain_text("stage3.conv × blocks.1.attention.project")
    expect(card).to_contain_text(f"CKA {16 / 24:.4f}")
    expect(card).to_contain_text("p = .005")
    assert page.locator(".heat-map .name.pointed").all_inner_texts() == [
        "blocks.1.attention.project",
        "stage3.conv",
    ]
    canvas.click(position=middle(canvas, 3, 1))
    expect(page.get_by_text("picked: (3, 1)")).to_be_visible()


def test_all_columns_of_a_middling_matrix_are_in_sight(url, page):
    opened(page, f"{url}?rows=16&columns=30")
    window = page.locator(".heat-map .window")
    assert window.evaluate("window => window.scrollWidth <= window.clientWidth")


def test_the_keyboard_walks_says_and_picks(url, page):
    canvas = opened(page, url)
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "End"):
        page.keyboard.press(key)
    live = page.locator(".heat-map .live")
    expect(live).to_have_text(f"stage1.conv × blocks.4.attention.project: CKA {9 / 24:.4f}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("picked: (1, 4)")).to_be_visible()


def test_many_layers_stay_within_a_phone_and_scroll_there(url, new_page):
    page = new_page(width=390, height=800)
    canvas = opened(page, f"{url}?rows=40&columns=60")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    window = page.locator(".heat-map .window")
    assert window.evaluate("window => window.scrollWidth > window.clientWidth")
    names = page.locator(".heat-map .rows .name")
    boxes = [each.bounding_box() for each in names.all()]
    tops = [box["y"] for box in boxes]
    assert all(later - earlier >= 12 for earlier, later in pairwise(tops))
    assert int(canvas.get_attribute("data-cell") or 0) >= 9
