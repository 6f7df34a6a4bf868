"""The overlay grid in a real browser: what is painted, mixed, pointed at, picked and announced."""

import importlib.util
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from featviz.render import COLORMAPS, channel_scales, shared_scale

APP = "tests/browser/apps/overlay_grid_app.py"
TABLE = COLORMAPS["blue_white_red"].table.astype(float)
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
HOSTILE = "<img src=x onerror=alert(1)><b>bold</b>"


@pytest.fixture(scope="module")
def url(serve):
    with serve(APP) as address:
        yield address


@pytest.fixture(scope="module")
def shown():
    """The pictures and maps that the served page shows, made by the same functions."""
    place = Path(__file__).parent / "apps/laid_over.py"
    spec = importlib.util.spec_from_file_location("laid_over", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def open_grid(page: Page, address: str) -> Locator:
    page.goto(address)
    grid = page.locator(".overlay-grid")
    expect(grid).to_have_attribute("data-painted", re.compile(r"[1-9]"), timeout=120_000)
    return grid


def listen(page: Page) -> list[int]:
    """The sizes of all messages from the server, as they come."""
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda sent: received.append(len(sent))))
    return received


def runs(page: Page, count: int, words: str = "") -> None:
    expect(page.get_by_text(re.compile(rf"{re.escape(words)}.*runs: {count}$"))).to_be_visible()


def frame(grid: Locator, name: str) -> Locator:
    return grid.locator(f'[data-cell="{name}"] .frame')


def photographed(frame: Locator) -> np.ndarray:
    """The inner pixels of a cell as they stand on the screen; its corners are round."""
    box = {name: round(length) for name, length in frame.bounding_box().items()}
    pixels = Image.open(io.BytesIO(frame.page.screenshot(clip=box))).convert("RGB")
    return np.asarray(pixels, float)[4:-4, 4:-4]


def enlarged(values: np.ndarray, side: int) -> np.ndarray:
    """Values, not colours, interpolated; or the pixels of a picture repeated."""
    if values.ndim == 2:
        return np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.BILINEAR))
    return values.repeat(side // len(values), axis=0).repeat(side // len(values), axis=1)


def grayed(picture: np.ndarray, saturation: float) -> np.ndarray:
    """The matrix of the saturate filter, W3C Filter Effects, section 9.6."""
    gray = picture @ np.array([0.213, 0.715, 0.072])
    return np.clip(saturation * picture + (1 - saturation) * gray[..., None], 0, 255)


def mixed(picture: np.ndarray, values: np.ndarray, opacity: float, side: int) -> np.ndarray:
    scale = shared_scale(values, symmetric=True, percentile=99.5)
    large = enlarged(values, side)
    strength = np.minimum(1, 2 * np.abs(large) / scale.high)
    alpha = (opacity * (strength + (1 - strength) * opacity**5))[..., None]
    base = grayed(enlarged(picture, side).astype(float), (1 - opacity) ** 2)
    return (base * (1 - alpha) + TABLE[scale.to_uint8(large)] * alpha)[4:-4, 4:-4]


@pytest.mark.parametrize("side", [7, 224])
@pytest.mark.parametrize("opacity", [0, 0.5, 1])
def test_every_pixel_is_the_mix_that_is_documented(url, page, shown, side, opacity):
    grid = open_grid(page, f"{url}/?picture=104&side={side}&opacity={opacity}")
    expected = mixed(shown.picture_of(0, 104), shown.map_of(0, side), opacity, 520)
    difference = np.abs(photographed(frame(grid, "r0c0")) - expected)
    assert difference.max() <= 8
    assert difference.mean() <= 0.8


def test_a_map_finer_than_the_drawing_is_averaged_not_picked_from(url, page, shown):
    grid = open_grid(page, f"{url}/?side=1040&picture=104&opacity=1")
    expected = mixed(shown.picture_of(0, 104), shown.map_of(0, 1040), 1, 520)
    assert np.abs(photographed(frame(grid, "r0c0")) - expected).max() <= 8


def test_the_map_stays_sharp_on_a_dense_screen_and_the_grid_fits(url, new_page):
    page = new_page(width=390, height=844, scale=3)
    grid = open_grid(page, f"{url}/?side=7")
    width = frame(grid, "r0c0").bounding_box()["width"]
    assert frame(grid, "r0c0").locator(".heat").evaluate("c => c.width") == pytest.approx(3 * width, abs=2)


def test_cursors_are_linked_and_each_cell_tells_its_own_raw_value(url, page, shown):
    grid = open_grid(page, f"{url}/?rows=2&columns=2&shared=0")
    box = frame(grid, "r0c1").bounding_box()
    frame(grid, "r0c1").hover(position={"x": 0.4 * box["width"], "y": 0.55 * box["height"]})
    maps = {
        f"r{row}c{column}": shown.map_of(2 * row + column, 8 if row else 224)
        for row in (0, 1)
        for column in (0, 1)
    }
    for name, values in maps.items():
        at = np.floor(np.array([0.55, 0.4]) * len(values) + 1e-6).astype(int)
        said = float(frame(grid, name).locator(".value").inner_text())
        near = values[max(0, at[0] - 1) : at[0] + 2, max(0, at[1] - 1) : at[1] + 2]
        assert np.abs(near - said).min() <= 6e-4 * np.abs(values).max()
        assert frame(grid, name).locator(".ring").is_visible()
    place = re.search(r"row (\d+), column (\d+) of 224 × 224 · (\S+)$", grid.locator(".readout").inner_text())
    row, column, value = int(place[1]), int(place[2]), float(place[3])
    values = maps["r0c1"]
    assert abs(values[row, column] - value) <= 6e-4 * np.abs(values).max()
    assert (row, column) == pytest.approx((0.55 * 224, 0.4 * 224), abs=1.5)
    page.mouse.move(5, 5)
    expect(frame(grid, "r1c0").locator(".cross")).to_be_hidden()


def test_a_click_picks_the_cell_and_sends_no_map_again(url, page):
    received = listen(page)
    grid = open_grid(page, f"{url}/?rows=3&columns=3")
    runs(page, 1)
    assert sum(received) > 9 * 2 * 50_000
    received.clear()
    frame(grid, "r1c2").click()
    runs(page, 2, "selected: r1c2")
    expect(grid.locator(".cell.selected")).to_have_attribute("data-cell", "r1c2")
    assert grid.locator('[aria-selected="true"]').count() == 1
    assert 0 < sum(received) < 100_000


def test_another_check_changes_words_alone(url, page):
    received = listen(page)
    grid = open_grid(page, f"{url}/?rows=2&columns=2")
    runs(page, 1)
    received.clear()
    painted = grid.locator(".heat").first
    painted.evaluate("canvas => canvas.getContext('2d').clearRect(0, 0, 9999, 9999)")
    page.get_by_text("One more check").click()
    expect(grid.locator('[data-cell="r0c0"] .chip').last).to_have_text("More1")
    assert painted.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, 9).data.every(byte => byte === 0)"
    )
    assert 0 < sum(received) < 100_000


def test_a_map_that_arrives_is_sent_alone_and_drawn(url, page):
    received = listen(page)
    grid = open_grid(page, f"{url}/?rows=3&columns=3&late=r0c1")
    expect(grid.locator(".placeholder:visible")).to_have_text("waiting")
    runs(page, 1)
    received.clear()
    page.get_by_text("The late map").click()
    expect(grid).to_have_attribute("data-maps", "9")
    expect(frame(grid, "r0c1").locator(".heat")).to_be_visible()
    runs(page, 2)
    assert 2 * 224**2 < sum(received) < 2 * 224**2 + 100_000


def test_a_run_leaves_what_is_pointed_at_as_it_is(url, page):
    grid = open_grid(page, f"{url}/?rows=2&columns=2")
    runs(page, 1)
    frame(grid, "r0c1").hover()
    said = grid.locator(".readout").inner_text()
    assert re.search(r"row 11\d, column 11\d", said)
    page.keyboard.press("r")
    runs(page, 2)
    assert grid.locator(".readout").inner_text() == said


def test_the_slider_works_at_once_and_reports_when_let_go(url, page):
    received = listen(page)
    grid = open_grid(page, f"{url}/?rows=2&columns=2")
    runs(page, 1)
    slider = grid.locator(".opacity")
    before = photographed(frame(grid, "r0c0"))
    slider.evaluate("input => { input.value = 20; input.dispatchEvent(new Event('input')); }")
    expect(grid.locator(".percent")).to_have_text("20%")
    page.wait_for_timeout(300)
    assert np.abs(photographed(frame(grid, "r0c0")) - before).max() > 40
    runs(page, 1, "opacity: 0.7")
    received.clear()
    slider.evaluate("input => input.dispatchEvent(new Event('change'))")
    runs(page, 2, "opacity: 0.2")
    assert 0 < sum(received) < 100_000
    expect(grid.locator(".percent")).to_have_text("20%")
    grid.get_by_role("button", name="Map").click()
    runs(page, 3, "opacity: 1")
    grid.get_by_role("button", name="Image").click()
    runs(page, 4, "opacity: 0")
    expect(slider).to_have_value("0")


def test_holding_shows_the_picture_alone_and_is_no_click(url, page):
    grid = open_grid(page, f"{url}/?picture=104&rows=1&columns=2")
    heat = frame(grid, "r0c0").locator(".heat")
    frame(grid, "r0c0").hover()
    page.mouse.down()
    expect(heat).to_have_css("visibility", "hidden")
    expect(frame(grid, "r0c1").locator(".heat")).to_have_css("visibility", "visible")
    page.mouse.up()
    expect(heat).to_have_css("visibility", "visible")
    runs(page, 1, "selected: none")
    frame(grid, "r0c0").click()
    runs(page, 2, "selected: r0c0")


def test_keys_move_pick_and_show_the_picture(url, page):
    grid = open_grid(page, f"{url}/?rows=2&columns=3&cell=r0c1")
    start = grid.locator('[tabindex="0"]')
    expect(start).to_have_attribute("data-cell", "r0c1")
    start.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    focused = grid.locator(".cell:focus")
    expect(focused).to_have_attribute("data-cell", "r1c1")
    page.keyboard.down(" ")
    expect(focused.locator(".heat")).to_have_css("visibility", "hidden")
    page.keyboard.up(" ")
    expect(focused.locator(".heat")).to_have_css("visibility", "visible")
    runs(page, 1)
    page.keyboard.press("Enter")
    runs(page, 2, "selected: r1c1")
    expect(focused).to_have_attribute("data-cell", "r1c1")
    page.keyboard.press("Home")
    expect(focused).to_have_attribute("data-cell", "r1c0")


def test_checks_are_read_out_and_not_by_color_alone(url, page):
    grid = open_grid(page, f"{url}/")
    cell = grid.get_by_role("gridcell")
    expect(cell).to_have_attribute(
        "aria-label",
        "Integrated gradients · cat. Deletion 0.62, passed. Weights matter 0.98, doubtful. "
        "Edges alike -0.04, failed. Sums up 1e-6, no verdict yet. Follows the weights.",
    )
    marks = cell.locator(".chip .mark")
    words = ["passed", "doubtful", "failed", "no verdict yet"]
    assert [mark.get_attribute("aria-label") for mark in marks.all()] == words
    assert grid.locator(".marks").inner_text().split("\n")[:4] == words, "the legend of the marks"
    shapes = marks.evaluate_all(
        """all => all.map((mark) => {
            const { clipPath, borderRadius, borderWidth } = getComputedStyle(mark);
            return [clipPath, borderRadius, borderWidth].join();
        })"""
    )
    assert len(set(shapes)) == 4


def test_refusals_stand_in_their_cells_in_full(url, new_page, shown):
    page = new_page(width=390, height=844)
    grid = open_grid(page, f"{url}/?rows=3&columns=4&refusals=1")
    refused = grid.locator(".placeholder:visible", has_text="Grad-CAM needs")
    assert refused.first.inner_text() == shown.REFUSAL
    box, own = refused.first.bounding_box(), refused.first.locator("..").bounding_box()
    assert box == own
    assert "NaN" not in grid.inner_text()
    refused.first.hover()
    assert "NaN" not in grid.inner_text()


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 2), (3, 3), (6, 4)])
def test_the_matrix_scrolls_within_itself_and_never_the_page(url, new_page, rows, columns):
    page = new_page(width=320, height=844)
    grid = open_grid(page, f"{url}/?rows={rows}&columns={columns}&side=8&picture=64")
    for width in (320, 390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate(TWO_FRAMES)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")
        assert grid.evaluate("grid => grid.scrollWidth <= grid.clientWidth + 12")
        side = frame(grid, "r0c0").bounding_box()["width"]
        assert (112 if width > 600 else 150) <= side <= 520
    frame(grid, f"r{rows - 1}c{columns - 1}").click()
    runs(page, 2, f"selected: r{rows - 1}c{columns - 1}")


@pytest.mark.parametrize("dark", [False, True])
def test_the_selection_has_the_accent_of_the_theme(url, new_page, dark):
    page = new_page(dark=dark)
    grid = open_grid(page, f"{url}/?rows=2&columns=2&cell=r0c1")
    page.mouse.move(5, 5)
    shadow, accent = frame(grid, "r0c1").evaluate(
        """frame => {
            const probe = frame.parentElement.appendChild(document.createElement('i'));
            probe.style.color = 'var(--st-primary-color)';
            return [getComputedStyle(frame).boxShadow, getComputedStyle(probe).color];
        }"""
    )
    assert accent in shadow
    low, high = grid.locator(".low").inner_text(), grid.locator(".high").inner_text()
    assert low == f"-{high}"


def test_texts_are_text_and_never_markup(url, page):
    grid = open_grid(page, f"{url}/?rows=2&columns=2&hostile={HOSTILE}&shared=0")
    assert grid.locator("img, b").count() == 0
    for place in (".row-head", ".column-head", ".placeholder", ".chip .label", ".chip .figure", ".verdict"):
        expect(grid.locator(place).first).to_have_text(HOSTILE)
    expect(grid.locator(".foot > .note")).to_contain_text(HOSTILE)
    frame(grid, "r0c0").hover()
    expect(grid.locator(".readout")).to_contain_text(HOSTILE)
    assert grid.locator("img, b").count() == 0


def test_maps_without_a_sign_on_scales_of_their_own(url, page, shown):
    grid = open_grid(page, f"{url}/?rows=1&columns=2&signed=0&shared=0&opacity=1&picture=104")
    expect(grid.locator(".foot > .note")).to_contain_text("scales differ")
    values = np.abs(shown.map_of(0, 224))
    table = COLORMAPS["inferno"].table.astype(float)
    side = round(frame(grid, "r0c0").bounding_box()["width"])
    expected = table[channel_scales(values[None])[0].to_uint8(enlarged(values, side))][4:-4, 4:-4]
    assert np.abs(photographed(frame(grid, "r0c0")) - expected).max() <= 8


def test_a_dozen_maps_are_painted_quickly(url, page):
    grid = open_grid(page, f"{url}/?rows=3&columns=4")
    assert grid.locator(".heat:visible").count() == 12
    times = []
    for share in (30, 50, 80):
        painted = grid.get_attribute("data-painted")
        grid.locator(".opacity").evaluate(f"input => {{ input.value = {share}; input.oninput(); }}")
        expect(grid).not_to_have_attribute("data-painted", painted)
        times.append(float(grid.get_attribute("data-paint-ms")))
    assert min(times) < 100
