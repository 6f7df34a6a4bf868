"""The controls of the Activation maximization page in a real browser: several pictures that differ, size, a photo that
dreams, ways to paint beside each other, an image painted anew through the depth."""

import io
import re
import time

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.shown import choose_option

PATIENCE = 90_000
SHORT = "gradient_ascent.steps=8"
SMALL = f"maximization?model=digits-cnn&options={SHORT}&controls=all"


def ended_run(page: Page) -> Locator:
    """The film, once its run is over."""
    film = page.locator(".film")
    expect(film.locator(".words")).to_have_text(re.compile("^(Done|Nothing improves)"), timeout=PATIENCE)
    return film


def changed_pictures(film: Locator, before: list[str]) -> list[str]:
    """The pictures of a run that is over, once they are others than these."""
    until = time.monotonic() + PATIENCE / 1000
    while (found := pictures(ended_run(film.page))) == before and time.monotonic() < until:
        film.page.wait_for_timeout(100)
    return found


def pictures(film: Locator) -> list[str]:
    urls = film.locator(".pictures canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")
    return [str(url) for url in urls]


def address_has(page: Page, words: str) -> None:
    page.wait_for_function("words => location.search.includes(words)", arg=words, timeout=PATIENCE)


def shown_images(page: Page, captions: re.Pattern[str], count: int) -> list[str]:
    """Addresses of the pictures under whose feet such words stand, once the work is done and they are so many."""
    found = page.get_by_test_id("stImage").filter(has_text=captions)
    expect(found).to_have_count(count, timeout=PATIENCE)
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE)
    return [str(image.get_attribute("src")) for image in found.get_by_role("img").all()]


def test_several_pictures_of_a_unit_can_be_asked_to_differ(page: Page, url: str) -> None:
    page.goto(f"{url}/{SMALL}&objective=relu2/3&count=3")
    film = ended_run(page)
    before = pictures(film)
    assert len(set(before)) == 3, "each from noise of its own"
    page.get_by_role("radio", name="High").click()
    address_has(page, "diversity=4")
    after = changed_pictures(film, before)
    assert len(set(after)) == 3
    assert not set(before) & set(after)


def test_one_picture_has_nothing_to_differ_from(page: Page, url: str) -> None:
    page.goto(f"{url}/{SMALL}&objective=relu2/3")
    ended_run(page)
    expect(page.get_by_role("radio", name="High")).to_be_disabled()
    page.get_by_role("spinbutton", name="Number of images").fill("2")
    page.get_by_role("spinbutton", name="Number of images").press("Enter")
    address_has(page, "count=2")
    expect(page.locator(".film .pictures canvas")).to_have_count(2, timeout=PATIENCE)
    expect(page.get_by_role("radio", name="High")).to_be_enabled()


def test_a_larger_picture_is_painted_from_anew(page: Page, url: str) -> None:
    page.goto(f"{url}/{SMALL}&objective=relu2/3")
    canvas = ended_run(page).locator(".pictures canvas")
    side = int(canvas.evaluate("canvas => canvas.width"))
    choose_option(
        page.get_by_role("combobox", name=re.compile("Image size")),
        page.get_by_role("option", name=re.compile(f"^{2 * side} × {2 * side} pixels")),
    )
    address_has(page, "image_size=2")
    expect(canvas).to_have_js_property("width", 2 * side, timeout=PATIENCE)
    assert "start_from=" not in page.url
    ended_run(page)


def test_a_photo_that_somebody_brings_dreams(page: Page, url: str) -> None:
    page.goto(f"{url}/maximization?source=upload&options={SHORT}&objective=stage2/4&controls=more")
    ended_run(page)
    halves = np.full((80, 120, 3), (200, 40, 40), np.uint8)
    halves[:, 60:] = (40, 40, 200)
    buffer = io.BytesIO()
    Image.fromarray(halves).save(buffer, "PNG")
    page.get_by_test_id("stSidebar").locator("input[type=file]").last.set_input_files(
        {"name": "halves.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    )
    expect(page.get_by_text("Your image, 120 × 80", exact=True)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("radio", name="A whole layer").click()
    page.wait_for_function(
        "() => new URLSearchParams(location.search).get('objective') === 'stage2/*'", timeout=PATIENCE
    )
    page.get_by_role("radio", name="The image").click()
    address_has(page, "start=image")
    film = ended_run(page)
    film.get_by_role("slider", name="Picture of the film").press("Home")
    expect(film.locator(".words")).to_have_text("Step 0 of the film")
    left, right = (color(film, share) for share in (0.25, 0.75))
    assert left[0] > 2 * left[2] and right[2] > 2 * right[0], "it begins with the photo"
    begun = pictures(film)
    film.get_by_role("slider", name="Picture of the film").press("End")
    assert pictures(film) != begun


def color(film: Locator, share: float) -> list[int]:
    """Red, green and blue in the middle of the picture's height."""
    reading = """(canvas, share) => [...canvas.getContext("2d").getImageData(
        Math.floor(canvas.width * share), Math.floor(canvas.height / 2), 1, 1).data]"""
    return [int(value) for value in film.locator(".pictures canvas").first.evaluate(reading, share)]


def test_four_ways_to_paint_stand_beside_each_other(page: Page, url: str) -> None:
    page.goto(f"{url}/{SMALL}&objective=relu2/3")
    ended_run(page)
    page.get_by_role("button", name=re.compile("Paint it in four ways")).click()
    found = shown_images(page, re.compile("Pixels alone|Pixels \\+ augmentation|Fourier and colours|MACO"), 4)
    assert len(set(found)) == 4


def test_an_image_is_painted_anew_from_each_layer(page: Page, url: str) -> None:
    page.goto(f"{url}/{SMALL}&objective=relu2/3")
    ended_run(page)
    found = page.get_by_test_id("stImage").filter(has_text=re.compile("activations \\d+% off"))
    offer = page.get_by_role("button", name=re.compile("Paint it through the depth"))
    expect(offer.or_(found).first).to_be_visible(timeout=PATIENCE)
    if offer.count():  # the server keeps what it made for whoever asked before
        offer.click()
    expect(found.nth(1)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE)
    said = [float(re.findall(r"pixels (\d+)% off", text)[0]) for text in found.all_inner_texts()]
    assert len(said) >= 2
    assert said[0] < 20, "the first layer keeps nearly all of it"
