"""The Embeddings page in a real browser: a map unfolds, points are circled, pinned and kept, a link reopens it."""

import re
import time
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Locator, Page, expect

from featviz import ImageSet
from featviz.data.sets.thumbnails import thumbnail
from tests.browser.own_files import MANY, digits_zip, many_vectors, offer, vectors_npz
from tests.browser.shown import choose_option

DIGITS = "embeddings?model=digits-cnn&set=digits"
QUICK = "options=tsne.iterations=60"
GROUPS = np.repeat(np.arange(3), 40)
PATIENCE = 120_000


def opened(page: Page, address: str) -> Locator:
    page.goto(address)
    root = page.locator(".scatter")
    expect(root).to_have_attribute("data-painted", re.compile("[1-9]"), timeout=PATIENCE)
    return root


def measured(page: Page) -> None:
    """Wait until the map is finished and its honesty told."""
    expect(page.get_by_text("nearest images the map shows")).to_be_visible(timeout=PATIENCE)
    still(page)


def still(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=PATIENCE)
    script = """async root => {
        const next = () => new Promise(requestAnimationFrame);
        do { await next(); await next(); } while (root.scatter.glide || root.scatter.frame);
    }"""
    page.locator(".scatter").evaluate(script)


def places(root: Locator, count: int) -> np.ndarray:
    """Where points are, (count, 2), in pixels of the page."""
    script = "(root, count) => Array.from({ length: count }, (_, i) => root.scatter.screen(i))"
    box = root.locator(".marks").bounding_box()
    return np.array(root.evaluate(script, count)) + np.array([box["x"], box["y"]])


def box_around(page: Page, low: np.ndarray, high: np.ndarray) -> None:
    page.get_by_role("button", name=re.compile("^Lasso")).click()
    page.mouse.move(*low)
    page.mouse.down()
    for corner in ((high[0], low[1]), high, (low[0], high[1])):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()


def zoom_in(page: Page, root: Locator, place: np.ndarray) -> None:
    page.mouse.move(*place)
    for turn in range(1, 4):
        page.mouse.wheel(0, -200)  # returns before the page has heard of it
        script = "([root, least]) => root.scatter.camera.zoom > least"
        page.wait_for_function(script, arg=[root.element_handle(), 1.45**turn])
    still(page)


def gallery(page: Page) -> list[int]:
    """The rows in the selection's gallery."""
    expect(page.get_by_text(re.compile("^Selection: "))).to_be_visible(timeout=30_000)
    expect(page.locator(".gallery .tile").first).to_be_visible(timeout=30_000)
    script = "tiles => tiles.map(tile => Number(tile.dataset.number))"
    return [int(number) for number in page.locator(".gallery .tile").evaluate_all(script)]


def bring(page: Page, name: str, data: bytes, words: str, count: int) -> None:
    """Bring a file in place of the set that is shown, and wait until its points are measured."""
    measured(page)
    offer(page, name, data, words)
    expect(page.get_by_text(f"{count:,} points · drag")).to_be_visible(timeout=PATIENCE)
    measured(page)


def test_a_map_is_there_at_once_and_unfolds(page: Page, url: str) -> None:
    seed = time.time_ns() % 1000  # a map once computed is kept: a second try would see its end alone
    address = f"{url}/{DIGITS}&projection=tsne&options=tsne.iterations%3D5000&map_seed={seed}"
    root = opened(page, address)
    seen: set[str] = set()
    until = time.monotonic() + 60
    while len(seen) < 3 and time.monotonic() < until:
        seen.add(str(places(root, 12).round(1).tolist()))
        page.wait_for_timeout(200)
    assert len(seen) >= 3, "the principal components and two stages more"
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=30_000)


def test_what_a_newcomer_sees(page: Page, url: str) -> None:
    opened(page, f"{url}/embeddings")
    measured(page)
    expect(page.get_by_text("2,000 points · drag")).to_be_visible()
    page.wait_for_url(re.compile("embedding_layer=stage2.*projection=tsne.*color=texture"))
    near = re.search(r"shows ([\d.]+)", page.get_by_text("nearest images the map shows").inner_text())
    assert float(near[1]) > 6
    tools, points = (page.locator(f".scatter .{part}").bounding_box() for part in ("tools", "marks"))
    assert tools["y"] + tools["height"] <= points["y"], "no tool covers a point"


def test_on_a_phone_the_legend_follows_the_map(new_page: Callable[..., Page], url: str) -> None:
    page = new_page(width=390, height=844)
    opened(page, f"{url}/{DIGITS}&projection=pca")
    measured(page)
    marks, legend = (page.locator(part).bounding_box() for part in (".scatter .marks", ".map-legend"))
    facts = page.get_by_text("nearest images the map shows").bounding_box()
    assert marks["height"] < 450
    assert marks["y"] + marks["height"] < legend["y"] < facts["y"]


def test_what_is_circled_after_filtering_and_zooming_is_shown_with_its_own_pictures(
    page: Page, url: str
) -> None:
    images = ImageSet.bundled("digits", 1797)
    root = opened(page, f"{url}/{DIGITS}&projection=pca&color=label")
    measured(page)
    page.get_by_role("button", name="None categories").click()
    page.get_by_role("checkbox", name=re.compile("^3, ")).click()
    page.get_by_role("checkbox", name=re.compile("^8, ")).click()
    page.wait_for_url(re.compile("hidden=0"))
    still(page)
    labels = np.array([images[row].label for row in range(len(images))])
    shown = np.isin(labels, ["3", "8"])
    middle = places(root, len(images))[shown].mean(0)
    zoom_in(page, root, middle)
    now = places(root, len(images))
    low, high = middle - 45, middle + 45
    box_around(page, low, high)
    inside = np.flatnonzero(shown & (now > low).all(1) & (now < high).all(1))
    assert len(inside) > 3
    rows = gallery(page)
    assert rows == inside[:60].tolist()
    expect(page.get_by_text(f"Selection: {len(inside):,} of 1,797 images")).to_be_visible()
    for row in rows[:5]:
        address = page.locator(f".gallery .tile[data-number='{row}'] img").first.get_attribute("src")
        assert page.request.get(f"{url}{address}").body() == thumbnail(images[row].image)


def test_a_pin_a_selection_that_is_kept_and_a_link(new_page: Callable[..., Page], url: str) -> None:
    page = new_page()
    vectors = 8 * np.eye(3, 6)[GROUPS] + np.random.default_rng(1).normal(size=(len(GROUPS), 6))
    opened(page, f"{url}/{DIGITS}&projection=pca")
    bring(page, "groups.npz", vectors_npz(vectors, GROUPS), "120 embeddings without images", len(GROUPS))
    root = page.locator(".scatter")
    now = places(root, len(GROUPS))
    page.mouse.click(*now[5])
    expect(page.get_by_text("Pinned", exact=True)).to_be_visible()
    page.wait_for_url(re.compile(r"pin=\d"))
    row = int(re.search(r"pin=(\d+)", page.url)[1])
    apart = np.square(vectors - vectors[row]).sum(1)
    near = [int(each) for each in apart.argsort()[1:11]]
    expect(page.locator(".gallery .tile")).to_have_count(10)
    script = "tiles => tiles.map(tile => Number(tile.dataset.number))"
    assert page.locator(".gallery .tile").evaluate_all(script) == near

    group = now[GROUPS == 1]
    box_around(page, group.min(0) - 6, group.max(0) + 6)
    expect(page.get_by_text("Selection: 40 of 120 points")).to_be_visible()
    page.get_by_role("button", name="Save and isolate").click()
    expect(page.get_by_text("40 embeddings without images")).to_be_visible()
    page.get_by_role("link", name="Network").click()
    page.get_by_role("link", name="Embeddings").click()
    expect(page.get_by_text("40 embeddings without images")).to_be_visible(timeout=60_000)


def test_a_link_reopens_the_same_map(new_page: Callable[..., Page], url: str) -> None:
    first = new_page()
    root = opened(first, f"{url}/{DIGITS}&projection=tsne&{QUICK}&color=cluster.k_means&map_seed=3&pin=17")
    measured(first)
    again = new_page()
    other = opened(again, first.url)
    measured(again)
    assert again.url == first.url
    assert np.allclose(places(root, 200), places(other, 200), atol=0.2)
    expect(again.get_by_text("Cluster 1", exact=True)).to_be_visible()
    expect(again.get_by_text("digits/17").first).to_be_visible()


def test_an_uploaded_zip_is_mapped_with_its_folders_as_labels(page: Page, url: str) -> None:
    opened(page, f"{url}/{DIGITS}&projection=pca")
    bring(page, "some.zip", digits_zip(), "36 images, 9 classes", 36)
    expect(page.get_by_role("checkbox", name=re.compile("^0, "))).to_be_visible()
    assert page.locator(".scatter").evaluate("root => root.scatter.count") == 36


def test_fifty_thousand_points_are_circled(page: Page, url: str) -> None:
    opened(page, f"{url}/{DIGITS}&projection=pca")
    bring(page, "many.npz", vectors_npz(*many_vectors()), f"{MANY:,} embeddings without images", MANY)
    expect(page.get_by_text("no lines to true neighbors are drawn")).to_be_visible()
    box = page.locator(".scatter .marks").bounding_box()
    middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    page.get_by_role("button", name=re.compile("^Lasso")).click()
    page.mouse.move(*(middle - 100))
    page.mouse.down()
    for corner in ((100, -100), (100, 100), (-100, 100)):
        page.mouse.move(*(middle + corner), steps=4)
    released = time.monotonic()
    page.mouse.up()
    expect(page.get_by_text(re.compile("^Selection: .* of 50,000"))).to_be_visible(timeout=30_000)
    expect(page.locator(".gallery .tile").first).to_be_visible()
    took = time.monotonic() - released
    assert took < 10, f"{took:.1f} s from release to gallery; about one on a free machine"


def test_fifty_thousand_points_say_what_they_cost_and_are_stopped(page: Page, url: str) -> None:
    root = opened(page, f"{url}/{DIGITS}&projection=pca")
    bring(page, "many.npz", vectors_npz(*many_vectors()), f"{MANY:,} embeddings without images", MANY)
    choose_option(
        page.get_by_role("combobox", name="Projection"), page.get_by_role("option", name="t-SNE", exact=True)
    )
    cost = page.get_by_text(re.compile(r"t-SNE of 50,000 points takes about \d+ (s|min), and can be stopped"))
    expect(cost).to_be_visible(timeout=PATIENCE)
    root.evaluate("root => { root.known = true; }")
    page.get_by_role("button", name="Unfold it").click()
    expect(page.get_by_text(re.compile("Neighbors of [1-9].* of 50,000 vectors"))).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("^Stopped"))).to_be_visible(timeout=PATIENCE)
    still(page)
    assert root.evaluate("root => root.known"), "the scatter is the one that was there before the work began"
