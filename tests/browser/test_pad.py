"""Whoever draws sees the network follow: a digit, and a stroke over the image that was there."""

import re

from playwright.sync_api import Page, expect

from tests.browser.shown import choose_option
from tests.browser.test_app import open_app, settled


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """Draw through points, as shares of the pad."""
    box = page.locator(".pad canvas").bounding_box()
    assert box is not None
    first, *rest = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def test_a_digit_that_is_drawn_is_read_and_stays_on_the_next_page(page: Page, url: str) -> None:
    open_app(page, f"{url}/network?model=digits-cnn&source=drawing", "Network")
    expect(page.locator(".pad canvas")).to_have_attribute("width", "32")
    page.get_by_role("button", name="Clear").click()
    stroke(page, (0.25, 0.2), (0.72, 0.2), (0.45, 0.85))
    expect(page.get_by_text("Your image, 32 × 32").first).to_be_visible()
    expect(page.get_by_text(re.compile("prediction: 7"))).to_be_visible()
    page.wait_for_url(re.compile("image=drawing"))
    pixels = page.locator(".pad canvas").evaluate("canvas => canvas.toDataURL()")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Feature maps").first.click()
    expect(page.get_by_role("heading", level=1, name="Feature maps")).to_be_visible()
    settled(page)
    expect(page.get_by_text(re.compile("prediction: 7"))).to_be_visible()
    assert page.locator(".pad canvas").evaluate("canvas => canvas.toDataURL()") == pixels


def test_what_is_painted_over_the_image_is_undone_again(page: Page, url: str) -> None:
    open_app(page, f"{url}/network?image=shapes/4", "Network")
    source = page.get_by_test_id("stSidebar").get_by_role("combobox", name=re.compile("Source")).first
    choose_option(source, page.get_by_role("option", name="Draw", exact=True))
    expect(page.locator(".pad canvas")).to_have_attribute("width", "64")
    before = page.locator(".pad canvas").evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("button", name="Erase").click()
    stroke(page, (0.3, 0.4), (0.7, 0.5))
    page.wait_for_url(re.compile("image=drawing"))
    assert page.locator(".pad canvas").evaluate("canvas => canvas.toDataURL()") != before
    page.get_by_role("button", name="Undo").click()
    assert page.locator(".pad canvas").evaluate("canvas => canvas.toDataURL()") == before
    expect(page.get_by_text(re.compile("prediction: zigzag heart .97%"))).to_be_visible()
