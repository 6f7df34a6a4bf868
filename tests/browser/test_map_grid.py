"""The map grid in a real browser: what is painted, pointed at, picked and announced."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from featviz.render import COLORMAPS, channel_scales, quantize

APP = "tests/browser/apps/map_grid_app.py"
VIRIDIS = COLORMAPS["viridis"].table


@pytest.fixture(scope="module")
def url(serve):
    with serve(APP) as address:
        yield address


@pytest.fixture(scope="module")
def maps() -> np.ndarray:
    """The maps that the served page shows, made by the same function."""
    spec = importlib.util.spec_from_file_location(
        "smooth_maps", Path(__file__).parent / "apps/smooth_maps.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["smooth_maps"] = module
    return module.smooth_maps(512, 56, signed=False)


def open_grid(page: Page, address: str) -> Locator:
    page.goto(address)
    canvas = page.locator("canvas.tiles")
    expect(canvas).to_have_attribute("data-painted", re.compile(r"[1-9]"), timeout=120_000)
    return canvas


def laid_out(canvas: Locator) -> dict[str, int]:
    data = canvas.evaluate("canvas => ({...canvas.dataset})")
    return {name: int(data[name]) for name in ("columns", "tile", "tileHeight", "gap")}


def center(canvas: Locator, place: int, scale: float = 1) -> dict[str, float]:
    """The middle of the tile at a place of the order, in CSS pixels of the canvas."""
    layout = laid_out(canvas)
    row, column = divmod(place, layout["columns"])
    x = column * (layout["tile"] + layout["gap"]) + layout["tile"] / 2
    y = row * (layout["tileHeight"] + layout["gap"]) + layout["tileHeight"] / 2
    return {"x": x / scale, "y": y / scale}


def painted_tile(canvas: Locator, place: int) -> np.ndarray:
    """The pixels (h, w, 3) on the canvas at a place of the order."""
    layout = laid_out(canvas)
    row, column = divmod(place, layout["columns"])
    left, top = column * (layout["tile"] + layout["gap"]), row * (layout["tileHeight"] + layout["gap"])
    box = [left, top, layout["tile"], layout["tileHeight"]]
    pixels = canvas.evaluate("(c, box) => [...c.getContext('2d').getImageData(...box).data]", box)
    return np.array(pixels, np.uint8).reshape(layout["tileHeight"], layout["tile"], 4)[..., :3]


def enlarged(levels: np.ndarray, canvas: Locator) -> np.ndarray:
    factor = laid_out(canvas)["tile"] // levels.shape[1]
    return levels.repeat(factor, axis=0).repeat(factor, axis=1)


@pytest.mark.parametrize("place", [0, 1, 300, 511])
def test_every_pixel_has_the_color_of_its_value(url, page, maps, place):
    canvas = open_grid(page, url)
    levels = quantize(maps, channel_scales(maps))[place]
    assert np.array_equal(painted_tile(canvas, place), VIRIDIS[enlarged(levels, canvas)])


def test_a_click_far_down_picks_that_channel_and_the_link_keeps_it(url, page):
    canvas = open_grid(page, url)
    canvas.click(position=center(canvas, 397))
    expect(page.get_by_text("selected: 397; picked: 397")).to_be_visible()
    page.reload()
    expect(page.get_by_text("selected: 397; picked: None")).to_be_visible()
    expect(page.locator(".mark.selected")).to_be_in_viewport()


def test_a_click_sends_the_view_and_not_the_maps_again(url, page):
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    canvas = open_grid(page, url)
    assert sum(received) < 2_200_000
    received.clear()
    canvas.click(position=center(canvas, 30))
    expect(page.get_by_text("picked: 30")).to_be_visible()
    assert 0 < sum(received) < 100_000


def test_order_and_colors_repaint_the_same_maps(url, page, maps):
    canvas = open_grid(page, f"{url}/?channel=1")
    page.get_by_text("By strength").click()
    strongest = int(np.argsort(-maps.mean(axis=(1, 2)), kind="stable")[0])
    levels = quantize(maps, channel_scales(maps))[strongest]
    expect(canvas).to_have_attribute("data-painted", "2")
    assert np.array_equal(painted_tile(canvas, 0), VIRIDIS[enlarged(levels, canvas)])
    page.get_by_role("radio", name="gray").or_(page.get_by_role("button", name="gray")).click()
    expect(canvas).to_have_attribute("data-painted", "3")
    assert np.array_equal(painted_tile(canvas, 0)[..., 0], enlarged(levels, canvas))


def test_arrow_keys_move_enter_selects_and_the_name_is_announced(url, page):
    canvas = open_grid(page, f"{url}/?n=64&side=8&channel=5")
    columns = laid_out(canvas)["columns"]
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        canvas.press(key)
    expect(page.locator(".map-grid .live")).to_have_text(
        re.compile(rf"^channel {6 + columns}, {7 + columns} of 64, highest value [\d.]+ ± [\d.]+$")
    )
    expect(page.get_by_text("picked: None")).to_be_visible()
    canvas.press("Enter")
    expect(page.get_by_text(f"selected: {6 + columns}; picked: {6 + columns}")).to_be_visible()
    canvas.press("End")
    expect(page.locator(".map-grid .live")).to_contain_text("channel 63, 64 of 64")


def test_pointing_tells_name_place_and_value(url, page, maps):
    canvas = open_grid(page, url)
    number = int(maps[:100, 28, 28].argmax())
    canvas.hover(position=center(canvas, number))
    lens = page.locator(".map-grid .lens")
    expect(lens.locator(".name")).to_have_text(f"channel {number}")
    x, y, value, error = re.fullmatch(
        r"x (\d+), y (\d+) · ([\d.e-]+) ± ([\d.e-]+)", lens.locator(".detail").inner_text()
    ).groups()
    true = maps[number, int(y), int(x)]
    assert true > 1
    assert abs(float(value) - true) <= 1.5 * float(error) + 0.005 * abs(true)
    page.mouse.move(5, 5)
    expect(lens).to_be_hidden()


def test_an_enlarged_map_tells_its_true_position_and_value(url, page, maps):
    canvas = open_grid(page, f"{url}/?n=6&side=8&factor=8")
    small = sys.modules["smooth_maps"].smooth_maps(6, 8, signed=False)
    layout = laid_out(canvas)
    alive = [each for each in range(6) if small[each].any()][-3:]
    for number, (x, y) in zip(alive, ((1, 6), (7, 0), (4, 4)), strict=True):
        middle = center(canvas, number)
        at = {
            "x": middle["x"] + ((x + 0.5) / 8 - 0.5) * layout["tile"],
            "y": middle["y"] + ((y + 0.5) / 8 - 0.5) * layout["tileHeight"],
        }
        canvas.hover(position=at)
        detail = page.locator(".map-grid .lens .detail").inner_text()
        assert detail.startswith(f"x {x}, y {y} · ")
        low, _, high = detail.split(" · ")[1].partition(" to ")
        if high:
            assert float(low) <= small[number, y, x] <= 1.1 * float(high)
            continue
        value, error = map(float, detail.split(" · ")[1].split(" ± "))
        assert abs(value - small[number, y, x]) <= 1.6 * error
    canvas.click(position=at)
    expect(page.get_by_text("point: 4,4")).to_be_visible()


def test_a_pick_brings_into_view_what_shows_it_large(url, page):
    canvas = open_grid(page, f"{url}/?n=24&side=28")
    large = page.get_by_text("What was picked, large")
    expect(large).not_to_be_in_viewport()
    canvas.click(position=center(canvas, 3))
    expect(large).to_be_in_viewport()


def test_where_there_is_more_the_window_ends_visibly_and_says_how_much(url, page):
    canvas = open_grid(page, url)
    window, note = page.locator(".map-grid .window"), page.locator(".map-grid .note")
    expect(window).to_have_class("window below")
    expect(note).to_contain_text(re.compile(r"\d+ of 512 in view"))
    canvas.click(position=center(canvas, 3))
    canvas.press("End")
    expect(window).to_have_class("window above")
    layout = laid_out(canvas)
    assert window.evaluate("each => each.scrollTop") > 0
    canvas.press("Home")
    expect(window).to_have_class("window below")
    for _ in range(511 // layout["columns"] - 3):
        canvas.press("ArrowDown")
    seen = window.evaluate("each => each.scrollTop")
    assert seen % (layout["tileHeight"] + layout["gap"]) == 0, "no row is cut in half at the top"


def test_another_layer_under_the_same_key_takes_its_place(url, page):
    canvas = open_grid(page, f"{url}/?n=64&side=28")
    assert laid_out(canvas)["tile"] % 28 == 0
    page.get_by_text("Deeper layer").click()
    expect(page.locator(".map-grid .note")).to_contain_text("128 maps · 7 × 7")
    expect(canvas).to_have_attribute("data-painted", "2")
    assert laid_out(canvas)["tile"] % 7 == 0
    canvas.click(position=center(canvas, 100))
    expect(page.get_by_text("selected: 100; picked: 100")).to_be_visible()


def test_tiles_grow_and_shrink_without_a_run(url, page):
    canvas = open_grid(page, f"{url}/?n=64&side=8")
    before = laid_out(canvas)["tile"]
    page.get_by_role("button", name="Larger tiles").click()
    larger = laid_out(canvas)["tile"]
    assert larger > before
    assert larger % 8 == 0
    page.get_by_role("button", name="Smaller tiles").click()
    page.get_by_role("button", name="Smaller tiles").click()
    assert laid_out(canvas)["tile"] < before


@pytest.mark.parametrize(("width", "scale"), [(320, 2), (390, 3), (768, 1), (1400, 1.5)])
def test_the_grid_fits_its_container(url, new_page, width, scale):
    page = new_page(width=width, height=844, scale=scale)
    canvas = open_grid(page, f"{url}/?n=96&side=14")
    assert canvas.bounding_box()["width"] <= page.locator(".map-grid").bounding_box()["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tile = laid_out(canvas)["tile"]
    assert tile % 14 == 0
    assert 35 <= tile / scale <= 160
    canvas.click(position=center(canvas, 40, scale))
    expect(page.get_by_text("picked: 40")).to_be_visible()


def test_a_narrower_window_reflows(url, page):
    canvas = open_grid(page, f"{url}/?n=96&side=28")
    columns = laid_out(canvas)["columns"]
    page.set_viewport_size({"width": 600, "height": 900})
    expect(canvas).not_to_have_attribute("data-columns", str(columns))
    assert laid_out(canvas)["columns"] < columns


@pytest.mark.parametrize("dark", [False, True])
def test_the_selection_has_the_accent_of_the_theme(url, new_page, dark):
    page = new_page(dark=dark)
    canvas = open_grid(page, f"{url}/?n=24&side=28&signed=1&shared=1&channel=3")
    shadow, accent = page.locator(".mark.selected").evaluate(
        """mark => {
            const probe = mark.parentElement.appendChild(document.createElement('i'));
            probe.style.color = 'var(--st-primary-color)';
            return [getComputedStyle(mark).boxShadow, getComputedStyle(probe).color];
        }"""
    )
    assert accent in shadow
    mark, tile = page.locator(".mark.selected").bounding_box(), center(canvas, 3)
    assert mark["x"] + mark["width"] / 2 == pytest.approx(canvas.bounding_box()["x"] + tile["x"], abs=1)
    low, high = page.locator(".legend .low").inner_text(), page.locator(".legend .high").inner_text()
    assert low == f"-{high}"
    dead = painted_tile(canvas, 1)
    assert (dead == COLORMAPS["blue_white_red"].table[128]).all()


def test_color_tiles_are_shown_as_they_are(url, page):
    canvas = open_grid(page, f"{url}/?n=24&side=28&color=1")
    expect(page.locator(".map-grid .legend")).to_be_hidden()
    assert np.ptp(painted_tile(canvas, 0), axis=2).max() > 50
    canvas.hover(position=center(canvas, 2))
    expect(page.locator(".lens .detail")).to_have_text(re.compile(r"^x \d+, y \d+$"))


def test_names_are_text_and_never_markup(url, page):
    canvas = open_grid(page, f"{url}/?n=4&side=8&name=%3Cimg src=x onerror=alert(1)%3E")
    canvas.hover(position=center(canvas, 0))
    expect(page.locator(".lens .name")).to_have_text("<img src=x onerror=alert(1)> 0")
    assert page.locator(".lens img").count() == 0
