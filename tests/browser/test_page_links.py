"""One current unit and one current image: what is chosen on one page is what the next one opens with."""

import re
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Page, expect

from tests.browser.test_app import click_tile, grid, open_app, settled


def address(page: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlparse(page.url).query).items()}


def named(page: Page, key: str, value: str) -> None:
    """Wait until the address names a choice."""
    page.wait_for_url(lambda url: parse_qs(urlparse(url).query).get(key) == [value])


def go(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible(timeout=60_000)
    settled(page)


def test_a_channel_chosen_on_one_page_is_what_the_others_open_with(page: Page, url: str) -> None:
    open_app(page, f"{url}/maximization?image=shapes/4", "Activation maximization")
    assert "current_unit" not in address(page), "what nobody chose is carried nowhere"
    go(page, "Feature maps")
    assert "current_unit" not in address(page)
    click_tile(grid(page, "maps"), 5)
    expect(page.get_by_role("heading", name=re.compile(r"^Channel 5 of "))).to_be_visible()
    settled(page)
    layer = address(page)["layer"]
    named(page, "current_unit", f"{layer}/5")
    go(page, "Activation maximization")
    named(page, "objective", f"{layer}/5")
    expect(page.get_by_role("spinbutton", name="Channel")).to_have_value("5")
    page.get_by_test_id("stMain").get_by_role("link", name="Top images").click()
    expect(page.get_by_role("heading", level=1, name="Visual search")).to_be_visible()
    expect(page.get_by_text("ranked by the mean activation of channel 5")).to_be_visible(timeout=120_000)


def test_a_search_result_is_explained_by_its_link(page: Page, url: str) -> None:
    open_app(page, f"{url}/visual_search?set_size=500&search_image=3&embedding_layer=pool", "Visual search")
    expect(page.get_by_text("Why this one?")).to_be_visible(timeout=120_000)
    found = page.get_by_test_id("stMain").get_by_role("link", name="Attribution").last
    image = parse_qs(urlparse(found.get_attribute("href") or "").query)["image"][0]
    assert image.startswith("shapes/")
    assert image != "shapes/3"
    found.click()
    expect(page.get_by_role("heading", level=1, name="Attribution")).to_be_visible()
    expect(page.get_by_text(f"Shapes world, {image.partition('/')[2]} ·").first).to_be_visible()
    named(page, "image", image)


def test_a_step_of_the_lesson_opens_what_it_names_and_keeps_its_answer_folded(page: Page, url: str) -> None:
    open_app(page, url, "Look inside a neural network")
    answer = page.get_by_text("12 circles, 6 rings and 6 crescents")
    expect(answer).to_be_hidden()
    page.get_by_text("Answer", exact=True).nth(3).click()
    expect(answer).to_be_visible()
    page.get_by_role("link", name="Open Visual search").click()
    expect(page.get_by_role("heading", level=1, name="Visual search")).to_be_visible()
    expect(page.get_by_text("ranked by the mean activation of channel 34")).to_be_visible(timeout=120_000)
    named(page, "set_size", "500")


def test_the_image_chosen_on_one_page_is_what_visual_search_opens_with(page: Page, url: str) -> None:
    open_app(page, f"{url}/visual_search?set_size=500&search_image=2&embedding_layer=pool", "Visual search")
    expect(page.get_by_text("Image 2 ·").first).to_be_visible(timeout=120_000)
    go(page, "Feature maps")
    number = page.get_by_role("spinbutton", name="Image (of 2,000)")
    number.fill("21")
    number.press("Enter")
    named(page, "image", "shapes/21")
    go(page, "Visual search")
    expect(page.get_by_text("Image 21 ·").first).to_be_visible()
    named(page, "search_image", "21")
