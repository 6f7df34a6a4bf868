"""The scatter in a real browser: what is painted, pointed at, circled, pinned, moved and kept."""

import importlib.util
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from featviz.render.captioned import MARGIN, MIN_SIDE
from featviz.ui.components.scatter.event import in_polygon
from tests.browser.shown import choose_option

APP = "tests/browser/apps/scatter_app.py"
HOSTILE = "<img src=x onerror=alert(1)><b>bold</b>"
NO_WEBGL = """
    const get = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind === "webgl2" ? null : get.call(this, kind, ...rest);
    };
"""


@pytest.fixture(scope="module")
def url(serve):
    with serve(APP) as address:
        yield address


@pytest.fixture(scope="module")
def clouds():
    """The points that the served page shows, made by the same functions."""
    place = Path(__file__).parent / "apps/clouds.py"
    spec = importlib.util.spec_from_file_location("clouds", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def open_scatter(page: Page, address: str, numbered: bool = False) -> Locator:
    if numbered:
        serve_numbered_pictures(page)
        address += "&thumbnails=/numbered/"
    page.goto(address)
    root = page.locator(".scatter")
    expect(root).to_have_attribute("data-painted", re.compile(r"[1-9]"), timeout=120_000)
    return root


def serve_numbered_pictures(page: Page) -> None:
    """Pictures whose colour is their number; sheets of them as the thumbnails' route makes."""

    def color(number: int) -> tuple[int, int, int]:
        return number >> 16, number >> 8 & 255, number & 255

    def fulfil(route):
        number = int(route.request.url.rsplit("/", 1)[1])
        if "/atlas/" in route.request.url:
            cells = np.array([color(1024 * number + place) for place in range(1024)], np.uint8)
            picture = Image.fromarray(cells.reshape(32, 32, 3).repeat(32, 0).repeat(32, 1))
        else:
            picture = Image.new("RGB", (48, 48), color(number))
        data = io.BytesIO()
        picture.save(data, "PNG")
        route.fulfill(body=data.getvalue(), content_type="image/png")

    page.route(re.compile(r":\d+/numbered/"), fulfil)


def number_in(picture: Locator) -> int:
    """The number that a loaded picture has for a colour."""
    r, g, b = picture.evaluate(
        """async image => {
            await image.decode();
            const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0, 1, 1);
            return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
        }"""
    )
    return r << 16 | g << 8 | b


def corner(root: Locator) -> np.ndarray:
    box = root.locator(".marks").bounding_box()
    return np.array([box["x"], box["y"]])


def places(root: Locator, count: int) -> np.ndarray:
    """Where the points are, (count, 2), in pixels of the page."""
    script = "(root, count) => Array.from({ length: count }, (_, i) => root.scatter.screen(i))"
    return np.array(root.evaluate(script, count)) + corner(root)


def settled(root: Locator) -> None:
    """Wait until nothing moves and all is painted."""
    root.evaluate(
        """async root => {
            const frame = () => new Promise(requestAnimationFrame);
            do { await frame(); await frame(); } while (root.scatter.glide || root.scatter.frame);
        }"""
    )


def runs(page: Page, words: str) -> None:
    expect(page.get_by_text(re.compile(words))).to_be_visible(timeout=30_000)


def found(page: Page, kind: str) -> list[int]:
    """The positions that Python found for the last event."""
    answer = page.get_by_text(re.compile(f"^event: {kind};"))
    expect(answer).to_be_visible()
    return [int(word) for word in answer.inner_text().split("positions:")[1].split()]


def drag(page: Page, path: np.ndarray, *, shift: bool = False) -> None:
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(*path[0])
    page.mouse.down()
    for place in path[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


def zoom(page: Page, root: Locator, at: np.ndarray, times: int = 4) -> None:
    page.mouse.move(*at)
    before = root.evaluate("root => root.scatter.camera.zoom")
    for _ in range(times):
        page.mouse.wheel(0, -200)
    page.wait_for_function(
        "([root, least]) => root.scatter.camera.zoom > least",
        arg=[root.element_handle(), before * 1.4**times],
    )
    settled(root)


def hide(page: Page, kind: int) -> None:
    choose_option(page.get_by_label("Hidden classes"), page.get_by_role("option", name=str(kind), exact=True))
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)  # the list would take the wheel


def photographed(page: Page) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), float)


def lonely(at: np.ndarray, root: Locator, apart: float = 16) -> list[int]:
    """Points that no other one overlaps, inside the view and clear of the tools."""
    box = root.locator(".marks").bounding_box()
    gaps = np.linalg.norm(at[:, None] - at[None], axis=2) + 1e9 * np.eye(len(at))
    inside = (at > [box["x"] + 8, box["y"] + 50]) & (
        at < [box["x"] + box["width"] - 8, box["y"] + box["height"] - 8]
    )
    return [int(i) for i in np.flatnonzero((gaps.min(1) > apart) & inside.all(1))]


# --- what is painted -------------------------------------------------------------------------------------------


def check_colors(page: Page, root: Locator, count: int, classes, palette, least: int = 20) -> None:
    page.mouse.move(5, 5)
    settled(root)
    at = places(root, count)
    chosen = lonely(at, root)
    assert len(chosen) >= least
    pixels = photographed(page)
    for i in chosen:
        x, y = np.round(at[i]).astype(int)
        assert np.abs(pixels[y, x] - palette[classes[i]]).max() < 36, i


def test_points_stand_where_they_belong_in_their_colors(url, page, clouds):
    root = open_scatter(page, f"{url}/?n=150")
    points, classes = clouds.blobs(150, 2)
    at = places(root, 150)
    scale = np.ptp(at[:, 1]) / np.ptp(points[:, 1])
    expected = (points - points.mean(0)) * [scale, -scale]
    assert np.abs(expected - (at - at.mean(0))).max() < 0.5
    assert root.get_attribute("data-painter") == "webgl2"
    check_colors(page, root, 150, classes, clouds.palette())


def test_without_a_graphics_card_the_canvas_paints_the_same(url, page, clouds):
    page.add_init_script(NO_WEBGL)
    root = open_scatter(page, f"{url}/?n=150")
    assert root.get_attribute("data-painter") == "canvas"
    check_colors(page, root, 150, clouds.blobs(150, 2)[1], clouds.palette())
    root.locator(".marks").focus()
    page.keyboard.press("b")
    at = places(root, 150)
    drag(page, np.array([at.min(0) - 9, at.max(0) + 9]))
    assert found(page, "box") == list(range(150))


def test_points_glide_to_new_places_and_keep_their_colors_and_the_view(url, page, clouds):
    root = open_scatter(page, f"{url}/?n=150")
    root.locator(".points").evaluate("canvas => (canvas.mark = 7)")
    zoom(page, root, places(root, 150).mean(0) + np.array([150, 0]), 1)
    before = root.evaluate("root => root.scatter.camera.kept()")
    page.get_by_text("Elsewhere", exact=True).click()
    expect(root).to_have_attribute("data-glides", "1")
    assert root.evaluate("root => root.scatter.camera.kept()") == before
    assert root.locator(".points").evaluate("canvas => canvas.mark") == 7
    check_colors(page, root, 150, clouds.blobs(150, 2)[1], clouds.palette(), least=10)
    page.keyboard.press("Escape")
    root.get_by_label("All points").click()
    check_colors(page, root, 150, clouds.blobs(150, 2)[1], clouds.palette())


def test_halfway_a_point_is_between_its_places(url, page):
    root = open_scatter(page, f"{url}/?n=150")
    first = root.evaluate("root => [...root.scatter.parts.points.levels]")
    page.get_by_text("Elsewhere", exact=True).click()
    page.wait_for_function("root => root.scatter.glide", arg=root.element_handle())
    halfway = root.evaluate(
        """root => {
            const { scatter } = root;
            scatter.progress = () => 0.5;
            return [...scatter.between(scatter.parts.points)];
        }"""
    )
    last = root.evaluate("root => [...root.scatter.parts.points.levels]")
    assert np.abs(np.array(halfway) - (np.array(first) + np.array(last)) / 2).max() <= 1
    assert np.abs(np.array(first) - np.array(last)).max() > 10_000


def test_those_who_want_no_motion_see_none(url, page):
    page.emulate_media(reduced_motion="reduce")
    root = open_scatter(page, f"{url}/?n=150")
    page.get_by_text("Elsewhere", exact=True).click()
    expect(root).to_have_attribute("data-views", "2")
    settled(root)
    assert root.get_attribute("data-glides") is None


@pytest.mark.parametrize("dark", [False, True])
def test_the_selection_stands_out_and_the_rest_is_dimmed(url, new_page, clouds, dark):
    page = new_page(dark=dark)
    root = open_scatter(page, f"{url}/?n=150&keeps=1")
    at = places(root, 150)
    root.get_by_label("Box (B)").click()
    drag(page, np.array([[at[:, 0].mean(), at[:, 1].min() - 9], at.max(0) + 9]))
    expect(root.locator(".foot")).to_contain_text("selected")
    page.mouse.move(5, 5)
    root.evaluate("root => { root.scatter.outline = null; root.scatter.draw(); }")
    settled(root)
    pixels, classes, palette = photographed(page), clouds.blobs(150, 2)[1], clouds.palette()
    ground = pixels[round(at[:, 1].mean()), round(at[:, 0].mean())]
    for i in lonely(at, root):
        x, y = np.round(at[i]).astype(int)
        inked = np.abs(pixels[y, x] - palette[classes[i]]).max()
        if at[i, 0] > at[:, 0].mean() + 2:
            assert inked < 40
        elif at[i, 0] < at[:, 0].mean() - 2:
            assert np.abs(pixels[y, x] - ground).max() < 75


def test_a_million_points_are_painted_and_pointed_at(url, page):
    root = open_scatter(page, f"{url}/?n=1000000&captions=0&neighbors=0")
    expect(root.locator(".foot")).to_contain_text("1,000,000 points")
    at = places(root, 12)[11]
    page.mouse.move(*at)
    expect(root.locator(".card")).to_contain_text("Point ")
    zoom(page, root, at, 6)
    assert photographed(page).std() > 20


# --- pointing ---------------------------------------------------------------------------------------------------


def check_card(page: Page, root: Locator, clouds, i: int, at: np.ndarray) -> None:
    """The ring, the caption and the picture are all of the same point."""
    page.mouse.move(*at)
    expect(root).to_have_attribute("data-hovered", str(i))
    card = root.locator(".card")
    expect(card).to_be_visible()
    expect(card.locator(".caption")).to_have_text(clouds.caption(i, clouds.blobs(300, 2)[1][i]))
    assert number_in(card.locator("img")) == i


def test_the_card_is_of_the_point_under_the_pointer_also_after_filtering_and_zooming(url, page, clouds):
    root = open_scatter(page, f"{url}/?n=300", numbered=True)
    _, classes = clouds.blobs(300, 2)
    at = places(root, 300)
    for i in lonely(at, root)[:5]:
        check_card(page, root, clouds, i, at[i])
    hide(page, 3)
    expect(root.locator(".foot")).to_contain_text(f"{(classes != 3).sum()} of 300 points")
    zoom(page, root, places(root, 300)[classes == 2].mean(0), 2)
    at = places(root, 300)
    chosen = lonely(at, root)
    seen = [i for i in chosen if classes[i] != 3]
    assert len(seen) > 8
    for i in seen[:8]:
        check_card(page, root, clouds, i, at[i])
    for i in [i for i in chosen if classes[i] == 3][:3]:
        page.mouse.move(*at[i])
        expect(root.locator(".card")).to_be_hidden()


def test_pictures_in_place_of_dots_are_of_their_points(url, page):
    root = open_scatter(page, f"{url}/?n=40&pictures=1&captions=0", numbered=True)
    expect(root).to_have_attribute("data-missing", "0")
    at = places(root, 40)
    page.mouse.move(5, 5)
    settled(root)
    pixels = photographed(page)
    chosen = lonely(at, root, 60)
    assert len(chosen) > 2
    for i in chosen:
        x, y = np.round(at[i]).astype(int)
        r, g, b = pixels[y, x].astype(int)
        assert r << 16 | g << 8 | b == i
        page.mouse.move(float(x + 9), float(y + 9))
        expect(root).to_have_attribute("data-hovered", str(i))


def test_many_pictures_come_on_sheets_and_the_one_on_top_is_the_one_pointed_at(url, page):
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/numbered/atlas" in request.url else None
    )
    root = open_scatter(page, f"{url}/?n=2000&pictures=1&captions=0&colors=0", numbered=True)
    expect(root).to_have_attribute("data-missing", "0")
    assert sorted(asked) == [f"{url}/numbered/atlas/0", f"{url}/numbered/atlas/1"]
    assert root.get_attribute("data-pictures") == "2000"
    at = places(root, 2000)
    page.mouse.move(5, 5)
    settled(root)
    pixels, compared = photographed(page), 0
    for i in range(0, 2000, 99):
        page.mouse.move(*at[i])
        expect(root).to_have_attribute("data-hovered", re.compile(r"\d"))
        x, y = np.round(at[i]).astype(int)
        r, g, b = pixels[y, x].astype(int)
        around = pixels[y - 1 : y + 2, x - 1 : x + 2]
        if r == 0 and g < 8 and (around == around[1, 1]).all():  # else an edge of a picture is there
            compared += 1
            assert int(root.get_attribute("data-hovered")) == g << 8 | b
    assert compared > 8


def test_without_sheets_pictures_come_one_by_one(url, page):
    serve_numbered_pictures(page)
    page.route(re.compile(r"/numbered/atlas/"), lambda route: route.fulfill(status=404))
    page.goto(f"{url}/?n=300&pictures=1&thumbnails=/numbered/")
    root = page.locator(".scatter")
    expect(root).to_have_attribute("data-missing", "0", timeout=60_000)
    assert root.get_attribute("data-pictures") == "300"


def test_neighbors_are_joined_and_torn_ones_counted(url, page, clouds):
    root = open_scatter(page, f"{url}/?n=300")
    points, neighbors = clouds.blobs(300, 2)[0], clouds.neighbors_of(300, 2)
    at = places(root, 300)
    plain = photographed(page)
    for i in lonely(at, root)[:3]:
        page.mouse.move(*at[i])
        apart = np.linalg.norm(points - points[i], axis=1)
        near = int((apart[neighbors[i]] <= np.sort(apart)[5]).sum())
        assert near < 5
        expect(root.locator(".torn")).to_have_text(
            f"{near} of 5 nearest neighbors are among its 5 nearest on the map"
        )
        settled(root)
        far = at[neighbors[i, 4]]
        x, y = np.round(at[i] + 0.5 * (far - at[i])).astype(int)
        drawn = photographed(page)[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
        wanted = np.array([0xD1, 0x49, 0x5B])
        assert np.abs(drawn - wanted).max(1).min() < 40
        assert np.abs(plain[y, x] - wanted).max() > 40


@pytest.mark.parametrize("dims", [2, 3])
def test_axes_and_names_are_drawn_over_the_points(url, page, dims):
    """Where axes are named there is ink at the edges of the map, and the categories of this page have names."""
    inks = []
    for written in (0, 1):
        root = open_scatter(page, f"{url}/?n=300&dims={dims}&axes={written}&names={written}")
        inks.append(
            root.locator(".marks").evaluate(
                "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
                ".reduce((sum, byte, k) => sum + (k % 4 === 3 && byte > 0), 0)"
            )
        )
    assert inks[0] == 0 and inks[1] > 500
    assert 1 <= int(root.get_attribute("data-names")) <= 10


def test_captions_are_text_and_never_markup(url, page):
    root = open_scatter(page, f"{url}/?n=300&hostile={HOSTILE}")
    at = places(root, 300)
    page.mouse.move(*at[lonely(at, root)[0]])
    expect(root.locator(".caption")).to_have_text(HOSTILE)
    assert root.locator("img, b").count() == 0


# --- circling, pinning, keys -------------------------------------------------------------------------------------


@pytest.mark.parametrize("zoomed", [0, 3])
@pytest.mark.parametrize("hidden", [False, True])
def test_a_lasso_finds_exactly_what_it_was_drawn_around(url, page, clouds, zoomed, hidden):
    root = open_scatter(page, f"{url}/?n=300")
    _, classes = clouds.blobs(300, 2)
    if hidden:
        hide(page, 2)
        expect(root.locator(".foot")).to_contain_text(" of 300 points")
    if zoomed:
        zoom(page, root, places(root, 300)[classes == 2].mean(0), zoomed)
    middle, at = places(root, 300)[(classes == 2) | (classes == 3)].mean(0), places(root, 300)
    if zoomed:
        middle = places(root, 300)[classes == 2].mean(0)
    turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    sizes = np.where(np.arange(12) % 2, 60, 150)
    outline = np.clip(
        middle + np.stack([np.cos(turns), np.sin(turns)], 1) * sizes[:, None], corner(root) + 3, None
    )
    drag(page, outline, shift=True)
    answer = found(page, "polygon")
    visible = ~((classes == 2) & hidden)
    wanted = in_polygon(at, outline) & visible
    assert set(np.flatnonzero(wanted & ~near(at, outline))) <= set(answer)
    assert set(answer) <= set(np.flatnonzero(wanted | near(at, outline)))
    assert len(answer) > 4 or hidden
    drawn = root.evaluate("root => root.scatter.outline.map(([u, v]) => root.scatter.camera.screen(u, v))")
    exact = in_polygon(at, np.array(drawn) + corner(root)) & visible
    assert answer == np.flatnonzero(exact).tolist()


def near(at: np.ndarray, outline: np.ndarray, reach: float = 4) -> np.ndarray:
    """Points within a few pixels of an outline."""
    close = np.zeros(len(at), bool)
    for start, end in zip(outline, np.roll(outline, -1, 0), strict=True):
        along = np.clip((at - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
        close |= np.linalg.norm(at - start - along[:, None] * (end - start), axis=1) < reach
    return close


def test_a_box_over_a_turned_cloud_finds_what_it_was_drawn_over(url, page):
    root = open_scatter(page, f"{url}/?n=300&dims=3&neighbors=0")
    first = places(root, 300)
    middle = first.mean(0)
    drag(page, np.array([middle, middle + np.array([130, 40])]))
    settled(root)
    at = places(root, 300)
    assert np.abs(at - first).max() > 40
    root.get_by_label("Box (B)").click()
    low, high = middle - [160, 90], middle + np.array([60, 140])
    drag(page, np.array([low, high]))
    answer = found(page, "box")
    assert len(answer) > 20
    assert answer == np.flatnonzero(((at > low) & (at < high)).all(1)).tolist()
    runs(page, "axes: True")


def test_a_click_pins_again_unpins_and_a_run_keeps_the_pin_and_the_view(url, page):
    root = open_scatter(page, f"{url}/?n=300")
    at = places(root, 300)
    i = lonely(at, root)[4]
    page.mouse.click(*at[i])
    assert found(page, "pinned") == [i]
    zoom(page, root, at[i], 1)
    before = root.evaluate("root => root.scatter.camera.kept()")
    hide(page, 9)
    runs(page, "runs: 3;")
    assert root.evaluate("root => root.scatter.camera.kept()") == before
    assert root.evaluate("root => root.scatter.pinned") == i
    assert found(page, "pinned") == [i]
    page.mouse.move(5, 5)
    expect(root.locator(".caption")).to_contain_text(f"picture {i}")
    page.wait_for_timeout(400)
    page.mouse.click(*places(root, 300)[i])
    assert found(page, "none") == []


def test_the_double_click_goes_home_and_escape_clears(url, page):
    root = open_scatter(page, f"{url}/?n=300")
    at = places(root, 300)
    zoom(page, root, at[5], 3)
    page.mouse.dblclick(*map(float, corner(root) + np.array([400, 300])))
    settled(root)
    assert np.allclose(places(root, 300), at, atol=0.01)
    drag(page, np.array([at.min(0) - 9, at.max(0) + np.array([9, -200]), at.max(0) + 9]), shift=True)
    assert len(found(page, "polygon")) > 50
    page.keyboard.press("Escape")
    assert found(page, "none") == []
    assert root.evaluate("root => root.scatter.outline") is None


def test_keys_go_from_point_to_point_pin_and_choose_tools(url, page, clouds):
    root = open_scatter(page, f"{url}/?n=300")
    surface = root.locator(".marks")
    surface.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
        settled(root)
        seen.append(int(root.get_attribute("data-hovered")))
    at = places(root, 300)
    assert len(set(seen)) == 4
    assert at[seen[1], 0] > at[seen[0], 0]
    assert at[seen[2], 1] < at[seen[1], 1]
    kind = clouds.blobs(300, 2)[1][seen[3]]
    expect(root.locator(".live")).to_contain_text(f"picture {seen[3]}\nclass {kind}", use_inner_text=True)
    page.keyboard.press("Enter")
    assert found(page, "pinned") == [seen[3]]
    page.keyboard.press("l")
    expect(root.get_by_label("Lasso")).to_have_attribute("aria-pressed", "true")
    before = root.evaluate("root => root.scatter.camera.zoom")
    page.keyboard.press("+")
    assert root.evaluate("root => root.scatter.camera.zoom") > before
    page.keyboard.press("0")
    assert root.evaluate("root => root.scatter.camera.zoom") == 1
    assert "Map of 300 points" in surface.get_attribute("aria-label")
    for button in root.get_by_role("button").all():
        assert button.get_attribute("aria-label")


def test_two_fingers_zoom_and_a_tap_pins(url, new_page):
    page = new_page(width=390, height=844, scale=2)
    root = open_scatter(page, f"{url}/?n=150")
    root.scroll_into_view_if_needed()
    fingers = page.context.new_cdp_session(page)
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    middle = corner(root) + np.array([175, 250])

    def touch(kind: str, *at: np.ndarray) -> None:
        points = [{"x": float(x), "y": float(y), "id": k} for k, (x, y) in enumerate(at)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", middle - [30, 0], middle + np.array([30, 0]))
    for spread in range(35, 100, 8):
        touch("touchMove", middle - [spread, 0], middle + np.array([spread, 0]))
    touch("touchEnd")
    settled(root)
    assert root.evaluate("root => root.scatter.camera.zoom") > 1.8
    at = places(root, 150)
    i = lonely(at, root, 40)[0]
    touch("touchStart", at[i])
    touch("touchEnd")
    assert found(page, "pinned") == [i]
    expect(root.locator(".caption")).to_contain_text(f"picture {i}")


def test_a_scatter_that_comes_back_is_as_it_was_left(url, page):
    root = open_scatter(page, f"{url}/?n=300")
    zoom(page, root, places(root, 300)[5], 1)
    at = places(root, 300)
    root.get_by_label("Lasso").click()
    drag(page, np.array([at[5] - 60, at[5] + [60, -60], at[5] + 60]))
    answer = found(page, "polygon")
    root.evaluate("root => (root.dataset.before = 1)")
    script = "root => [root.scatter.camera.kept(), root.scatter.outline, root.scatter.tools.tool]"
    before = root.evaluate(script)
    page.get_by_text("In a column").click()
    runs(page, "runs: 3;")
    expect(root).not_to_have_attribute("data-before", "1")
    expect(root).to_have_attribute("data-painted", re.compile(r"[1-9]"))
    assert root.evaluate(script) == before
    assert found(page, "polygon") == answer


# --- what is sent and kept ----------------------------------------------------------------------------------------


def test_a_run_sends_what_changed_alone(url, page):
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda sent: received.append(len(sent))))
    root = open_scatter(page, f"{url}/?n=50000")
    runs(page, "runs: 1;")
    assert sum(received) > 50_000 * (4 + 1 + 5 * 2)
    received.clear()
    at = places(root, 12)[11]
    page.mouse.click(*at)
    runs(page, "runs: 2;")
    assert 0 < sum(received) < 40_000
    received.clear()
    page.get_by_text("Elsewhere", exact=True).click()
    expect(root).to_have_attribute("data-glides", "1")
    assert 200_000 < sum(received) < 300_000


def test_the_saved_image_is_what_is_seen_enlarged_with_its_legend_and_named(url, new_page, clouds):
    page = new_page(width=600, height=900)
    root = open_scatter(page, f"{url}/?n=150&legend=1")
    settled(root)
    with page.expect_download() as started:
        root.get_by_label("Save as PNG").click()
    assert started.value.suggested_filename == "a-network_a-layer.png"
    pixels = np.asarray(Image.open(started.value.path()).convert("RGB"), float)
    seen = root.locator("canvas").first.evaluate("canvas => [canvas.width, canvas.height]")
    assert max(seen) < 800, "it is smaller than a slide needs"
    at = places(root, 150)
    for i in lonely(at, root):
        x, y = np.round(at[i] - corner(root)).astype(int) * 2 + MARGIN
        assert np.abs(pixels[y, x] - clouds.palette()[clouds.blobs(150, 2)[1][i]]).max() < 36
    assert (pixels[2, 2] == 255).all()
    assert max(pixels.shape) >= MIN_SIDE
    beside, below = pixels[:, MARGIN + 2 * seen[0] :], pixels[MARGIN + 2 * seen[1] :, : 2 * seen[0]]
    assert (beside == (0x12, 0x34, 0x56)).all(2).sum() == 16 * 16, "the color of the one class"
    assert (below < 128).all(2).any(), "the caption"


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_the_scatter_fits_the_page_and_follows_its_width(url, new_page, width):
    page = new_page(width=width, height=844)
    root = open_scatter(page, f"{url}/?n=300")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for new in (width, 600):
        page.set_viewport_size({"width": new, "height": 844})
        page.wait_for_function("root => root.scatter.width === root.clientWidth", arg=root.element_handle())
        settled(root)
        box, tools = root.locator(".marks").bounding_box(), root.locator(".tools").bounding_box()
        at = places(root, 300)
        assert box["x"] < at[:, 0].min() and at[:, 0].max() < box["x"] + box["width"]
        assert tools["x"] >= box["x"] - 1 and tools["x"] + tools["width"] <= box["x"] + box["width"] + 2
        assert tools["y"] + tools["height"] <= box["y"]


def test_the_colors_follow_the_theme(url, page):
    root = open_scatter(page, f"{url}/?n=150&colors=0")
    settled(root)
    light = root.evaluate("root => root.scatter.theme.background")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "([root, light]) => root.scatter.theme.background !== light", arg=[root.element_handle(), light]
    )
    assert root.evaluate("root => root.scatter.theme.dark")
