"""The app in a real browser: click a layer, a channel, upload a photo, reload a link; light, dark, wide, narrow."""

import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.shown import choose_option

PAGES = {
    "": "Look inside a neural network",
    "network": "Network",
    "feature_maps": "Feature maps",
    "filters": "Filters",
    "attribution": "Attribution",
}
BRIGHTNESS = r"""getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor
    .match(/\d+/g).slice(0, 3).reduce((sum, each) => sum + Number(each), 0)"""
"""Red, green and blue of the page's ground, together."""
SQUEEZENET = Path(__file__).parents[3] / "shared" / "data" / "weights" / "squeezenet1_1.safetensors"


def settled(page: Page) -> None:
    """Wait until the page has run and drawn."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=90_000)


def open_app(page: Page, address: str, title: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible(timeout=90_000)
    settled(page)


def grid(page: Page, key: str) -> Locator:
    canvas = page.locator(f".st-key-{key} canvas.tiles")
    expect(canvas).to_have_attribute("data-painted", re.compile(r"[1-9]"), timeout=60_000)
    return canvas


def click_tile(canvas: Locator, place: int) -> None:
    data = canvas.evaluate("canvas => ({...canvas.dataset})")
    pitch = int(data["tile"]) + int(data["gap"]), int(data["tileHeight"]) + int(data["gap"])
    row, column = divmod(place, int(data["columns"]))
    canvas.click(position={"x": column * pitch[0] + pitch[0] / 3, "y": row * pitch[1] + pitch[1] / 3})


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a searchable list by typing."""
    box = page.get_by_role("combobox", name=re.compile(rf"^{label}|{label}$")).first
    choose_option(box, page.get_by_role("option").filter(has_text=option).first, typed=option)
    settled(page)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_the_screen_in_light_and_dark(
    new_page: Callable[..., Page], url: str, path: str, width: int
) -> None:
    page = new_page(width=width, height=900)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    open_app(page, f"{url}/{path}", PAGES[path])
    main = page.get_by_test_id("stMain")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"dark => ({BRIGHTNESS} < 200) === dark", arg=scheme == "dark")
        assert main.evaluate("each => each.scrollWidth - each.clientWidth") <= 1, (
            "nothing sticks out sideways"
        )
        expect(page.get_by_test_id("stException")).to_have_count(0)
    strangers = [each for each in requests if not each.startswith((url, "data:", "blob:"))]
    assert strangers == [], "everything comes from this server"


def test_clicking_a_block_of_the_drawing_opens_its_feature_maps(page: Page, url: str) -> None:
    open_app(page, f"{url}/network", "Network")
    page.locator('.architecture .block[data-name="stage2.0"]').click()
    expect(page.get_by_role("heading", name="Feature maps", exact=True, level=1)).to_be_visible(
        timeout=60_000
    )
    settled(page)
    page.wait_for_function("() => location.search.includes('layer=stage2.0')")


def test_clicking_a_channel_shows_it_large_and_a_reload_shows_the_same_view(page: Page, url: str) -> None:
    open_app(page, f"{url}/feature_maps?image=shapes/3&order=strength&colormap=cividis", "Feature maps")
    click_tile(grid(page, "maps"), 5)
    settled(page)
    heading = page.get_by_role("heading", name=re.compile(r"^Channel \d+ of "))
    expect(heading).to_be_visible()
    page.wait_for_function("() => location.search.includes('channel=')")
    shown, address = heading.inner_text(), page.url
    pixels = grid(page, "maps").evaluate("canvas => canvas.toDataURL()")
    page.reload()
    settled(page)
    expect(heading).to_have_text(shown)
    assert grid(page, "maps").evaluate("canvas => canvas.toDataURL()") == pixels
    assert page.url == address
    assert "image=shapes%2F3" in address
    assert "colormap=cividis" in address


def test_the_first_request_to_a_fresh_server_may_be_a_deep_link(new_page: Callable[..., Page], serve) -> None:
    with serve("app.py") as fresh:
        page = new_page()
        open_app(page, f"{fresh}/feature_maps?model=digits-cnn&layer=relu2&channel=4", "Feature maps")
        expect(page.get_by_role("heading", name="Channel 4 of relu2")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="Filters")).to_be_visible()


def test_back_returns_to_the_page_before_in_one_step(page: Page, url: str) -> None:
    open_app(page, f"{url}/feature_maps", "Feature maps")
    click_tile(grid(page, "maps"), 1)
    settled(page)
    page.get_by_role("link", name="Filters").click()
    expect(page.get_by_role("heading", name="Filters", exact=True, level=1)).to_be_visible(timeout=60_000)
    settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Feature maps", exact=True, level=1)).to_be_visible(
        timeout=60_000
    )


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def upload_photo(page: Page, name: str, data: bytes) -> None:
    page.get_by_test_id("stSidebar").locator("input[type=file]").first.set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
    page.wait_for_timeout(800)
    settled(page)


def test_uploading_a_photo_shows_its_maps_and_bad_files_are_refused_in_a_sentence(
    page: Page, url: str
) -> None:
    open_app(page, f"{url}/feature_maps?source=upload", "Feature maps")
    upload_photo(page, "broken.png", b"\x89PNG\r\n\x1a\n" + os.urandom(64))
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stAlert")).to_be_visible()
    gradient = np.linspace(0, 255, 200 * 300 * 3).reshape(200, 300, 3).astype(np.uint8)
    before = grid(page, "maps").evaluate("canvas => canvas.toDataURL()")
    upload_photo(page, "fine.jpg", jpeg(Image.fromarray(gradient)))
    expect(page.get_by_text("Your image, 300 × 200", exact=True)).to_be_visible()
    assert grid(page, "maps").evaluate("canvas => canvas.toDataURL()") != before
    assert "image=upload" in page.url
    page.reload()
    settled(page)
    expect(page.get_by_text("Your image, 300 × 200", exact=True)).to_be_visible()


@pytest.mark.skipif(not SQUEEZENET.exists(), reason="the trained weights to check against are not here")
def test_a_checkpoint_uploaded_in_the_browser_names_photos_rightly(page: Page, url: str) -> None:
    from skimage import data

    open_app(page, f"{url}/?model=torchvision/squeezenet1_1&weights=file&source=upload", "Network")
    expect(page.get_by_text("Upload a checkpoint of this architecture")).to_be_visible()
    page.get_by_test_id("stSidebar").locator("input[type=file]").first.set_input_files(SQUEEZENET)
    expect(page.locator("strong").get_by_text("Prediction:")).to_be_visible(timeout=60_000)
    for photo, words in (("chelsea", "cat|tabby"), ("coffee", "espresso|cup")):
        upload_photo(page, f"{photo}.jpg", jpeg(Image.fromarray(getattr(data, photo)())))
        expect(page.locator("strong").get_by_text("Prediction:")).to_have_text(
            re.compile(words, re.IGNORECASE), timeout=60_000
        )


def test_pointing_at_a_channel_of_one_network_shows_it_in_both_and_a_click_opens_both(
    page: Page, url: str
) -> None:
    page.set_viewport_size({"width": 1440, "height": 1600})
    open_app(page, f"{url}/feature_maps?image=shapes/4&layer=stage2.0.relu2&channel=3", "Feature maps")
    choose(page, "Compare with", "shapes-resnet, random")
    first, second = grid(page, "maps"), grid(page, "second-maps")
    data = second.evaluate("canvas => ({...canvas.dataset})")
    pitch = int(data["tile"]) + int(data["gap"])
    second.hover(position={"x": 2 * pitch + pitch / 3, "y": pitch / 3})
    for key in ("maps", "second-maps"):
        expect(page.locator(f".st-key-{key} .lens .name")).to_have_text("channel 2")
        expect(page.locator(f".st-key-{key} .lens .detail")).to_have_text(
            re.compile(r"x \d+, y \d+ · -?[\d.]+")
        )
    click_tile(second, 2)
    expect(page.get_by_role("heading", name="Channel 2 of stage2.0.relu2")).to_have_count(2, timeout=60_000)
    page.wait_for_function("() => /channel=2&/.test(location.search) && /second=/.test(location.search)")
    assert first.evaluate("each => each.getBoundingClientRect().top") == second.evaluate(
        "each => each.getBoundingClientRect().top"
    )
