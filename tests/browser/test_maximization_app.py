"""The Activation maximization page in a real browser: a picture grows, a slider moves, a run stops, a link reopens."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

LONG, SHORT = "gradient_ascent.steps=6000;gradient_ascent.patience=6000", "gradient_ascent.steps=24"


def open_run(page: Page, address: str) -> Locator:
    page.goto(address)
    film = page.locator(".film")
    expect(film.locator(".pictures canvas").first).to_be_visible(timeout=90_000)
    return film


def picture(film: Locator) -> str:
    return str(film.locator(".pictures canvas").first.evaluate("canvas => canvas.toDataURL()"))


def step(film: Locator) -> int:
    return int(film.get_attribute("data-step") or 0)


def ended(film: Locator) -> Locator:
    expect(film.locator(".words")).to_have_text(re.compile("Done|Nothing improves"), timeout=90_000)
    return film


def test_the_picture_grows_a_slider_goes_on_from_it_and_stop_ends_the_work(page: Page, url: str) -> None:
    film = open_run(page, f"{url}/maximization?options={LONG}&objective=stage2/4&controls=more")
    seen = set()
    until = time.monotonic() + 60
    while len(seen) < 5 and time.monotonic() < until:
        seen.add(picture(film))
        page.wait_for_timeout(150)
    assert len(seen) == 5

    slider = page.get_by_role("slider", name="Frequency decay")
    slider.press("ArrowLeft")
    page.wait_for_function("() => location.search.includes('start_from=run')", timeout=90_000)
    assert "fourier.decay" in page.url
    before = picture(film)
    expect(film.locator(".words")).to_have_text(re.compile(r"Step \d+ of 6000"), timeout=90_000)
    page.wait_for_timeout(1000)
    assert picture(film) != before

    clicked = time.monotonic()
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(film.locator(".words")).to_have_text(re.compile(r"Stopped at step \d+ of 6000"), timeout=20_000)
    took = time.monotonic() - clicked
    stopped = step(film)
    page.wait_for_timeout(1500)
    assert step(film) == stopped, "nothing runs on"
    assert took < 5, "a second on a free machine"
    expect(page.get_by_role("button", name="Go on from here")).to_be_visible()


def test_a_run_that_has_ended_goes_on_at_the_first_click(page: Page, url: str) -> None:
    film = ended(open_run(page, f"{url}/maximization?options={SHORT}&objective=stage2/7"))
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)
    page.get_by_role("button", name="Go on from here").click()
    page.wait_for_function("() => location.search.includes('start_from=run')", timeout=30_000)
    expect(page.get_by_text("It went on from the image before.")).to_be_visible(timeout=30_000)
    ended(film)


def test_real_pictures_are_compared_while_one_watches_and_nothing_fails(
    page: Page, url: str, log: Path
) -> None:
    """The comparison is computed anew at every tick, with a note of its own in the fragment."""
    said = log.stat().st_size
    ended(open_run(page, f"{url}/maximization?options={SHORT}&objective=stage1.0.relu1/3"))
    expect(page.get_by_text(re.compile(r"Real images: [1-9]\d* of 1000"))).to_be_visible(timeout=90_000)
    strongest = page.locator(".st-key-strongest")
    expect(strongest.get_by_text("Strongest real image: mean activation")).to_be_visible(timeout=90_000)
    expect(page.locator(".st-key-progress-naturalness")).to_have_count(0, timeout=180_000)
    expect(strongest.get_by_text("of 1,000 images")).to_be_visible()
    expect(strongest.get_by_role("img")).to_have_count(1)
    expect(page.get_by_text("Something went wrong")).to_have_count(0)
    assert "Traceback" not in log.read_text(errors="replace")[said:]


def test_a_link_reopens_the_same_picture(new_page: Callable[..., Page], url: str) -> None:
    film = ended(open_run(new_page(), f"{url}/maximization?options={SHORT}&objective=stage2/9&controls=more"))
    page = film.page
    page.get_by_role("slider", name="Strength").press("ArrowLeft")
    page.wait_for_function("() => location.search.includes('start_from=run')", timeout=90_000)
    page.wait_for_timeout(500)
    made, address = picture(ended(film)), page.url
    again = ended(open_run(new_page(), address))
    assert picture(again) == made
    assert again.page.url == address


def test_the_film_can_be_scrubbed(page: Page, url: str) -> None:
    film = ended(open_run(page, f"{url}/maximization?options={SHORT}&objective=stage2/1"))
    last = picture(film)
    film.get_by_role("slider", name="Picture of the film").press("Home")
    expect(film.locator(".words")).to_have_text("Step 0 of the film")
    assert picture(film) != last
    film.get_by_role("slider", name="Picture of the film").press("End")
    assert picture(film) == last


def test_a_tile_of_the_sheet_is_driven_when_it_is_clicked(page: Page, url: str) -> None:
    film = ended(
        open_run(page, f"{url}/maximization?model=digits-cnn&options=gradient_ascent.steps=8&objective=5")
    )
    page.get_by_role("button", name=re.compile("Make the sheet of 10")).click()
    expect(page.get_by_role("button", name="Sheet (PNG)")).to_be_visible(timeout=90_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)
    page.locator(".map-grid canvas:visible").last.click(position={"x": 20, "y": 20})
    page.wait_for_function("() => location.search.includes('objective=0')", timeout=90_000)
    ended(film)


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_the_button_of_the_link_stands_beside_the_title(
    new_page: Callable[..., Page], url: str, width: int
) -> None:
    page = new_page(width=width, height=800)
    ended(open_run(page, f"{url}/maximization?model=digits-cnn&options={SHORT}"))
    title = page.get_by_role("heading", level=1).bounding_box()
    button = page.get_by_role("button", name="Copy a link").bounding_box()
    assert title is not None
    assert button is not None
    assert title["y"] <= button["y"] + button["height"] / 2 <= title["y"] + title["height"]
    assert button["x"] + button["width"] <= width


def test_a_class_painted_for_an_early_stage_too_is_reopened_by_its_link(
    new_page: Callable[..., Page], url: str
) -> None:
    page = new_page()
    alone = picture(
        ended(
            open_run(page, f"{url}/maximization?model=digits-cnn&objective=3&options={SHORT}&controls=more")
        )
    )
    page.get_by_role("radio", name="With the network after 25% of training").click()
    page.wait_for_function("() => location.search.includes('early=1-4th')", timeout=90_000)
    until = time.monotonic() + 60
    while picture(ended(page.locator(".film"))) == alone and time.monotonic() < until:
        page.wait_for_timeout(100)
    both = picture(ended(page.locator(".film")))
    assert both != alone
    assert picture(ended(open_run(new_page(), page.url))) == both
