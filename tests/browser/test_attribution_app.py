"""The Attribution page in a real browser: walk through the matrix, stop slow work, reopen a link."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

QUICK = "integrated_gradients.steps=8;occlusion.window=32;occlusion.stride=32"


def settled(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)


def open_matrix(page: Page, address: str, maps: int) -> Locator:
    """Open the page and wait until so many maps are drawn."""
    page.goto(address)
    grid = page.locator(".overlay-grid").first
    expect(grid).to_have_attribute("data-maps", str(maps), timeout=120_000)
    settled(page)
    return grid


@pytest.mark.parametrize("model", ["shapes-resnet", "shapes-vit"])
def test_walking_the_matrix(page: Page, url: str, model: str) -> None:
    query = f"model={model}&methods=integrated_gradients,grad_cam,edges&across=classes&options={QUICK}"
    grid = open_matrix(page, f"{url}/attribution?{query}", 9)
    cells = grid.locator(".cell")
    expect(cells).to_have_count(9)
    for place, name in ((0, "Integrated gradients"), (4, "Grad-CAM"), (8, "Edge detector")):
        cells.nth(place).locator(".frame").click()
        heading = page.get_by_role("heading", name=f"Faithfulness and sanity checks: {name}")
        expect(heading).to_be_visible(timeout=60_000)
        chosen = cells.nth(place).get_attribute("data-cell")
        page.wait_for_function(f"() => location.search.includes('cell={chosen}')", timeout=60_000)


def test_a_link_reopens_the_same_view_with_the_same_pixels(page: Page, url: str) -> None:
    query = f"image=shapes/3&methods=gradient,grad_cam&blend=60&sharing=cell&options={QUICK}&target=5-7"
    grid = open_matrix(page, f"{url}/attribution?{query}", 2)
    grid.locator(".cell").nth(1).locator(".frame").click()
    expect(page.get_by_role("heading", name="Faithfulness and sanity checks: Grad-CAM")).to_be_visible(
        timeout=60_000
    )
    page.wait_for_function("() => location.search.includes('cell=')")
    pixels = [each.evaluate("canvas => canvas.toDataURL()") for each in grid.locator("canvas.heat").all()]
    address = page.url
    grid = open_matrix(page, address, 2)
    expect(page.get_by_role("heading", name="Faithfulness and sanity checks: Grad-CAM")).to_be_visible(
        timeout=60_000
    )
    assert [
        each.evaluate("canvas => canvas.toDataURL()") for each in grid.locator("canvas.heat").all()
    ] == pixels
    assert page.url == address
    assert "opacity=60" in address


def test_stopping_in_the_middle_of_rise_ends_the_computation_at_once(page: Page, url: str) -> None:
    """The word appears when the thread has ended, not when it was asked to; the offer says the cost first."""
    page.goto(f"{url}/attribution?image=shapes/11&methods=rise&options=rise.masks=8000")
    offer = page.get_by_role("button", name=re.compile(r"Run the slow methods \(about \d+ (s|min)\)"))
    stop = page.get_by_role("button", name="Stop")
    expect(offer.or_(stop).first).to_be_visible(timeout=90_000)
    if offer.count():
        offer.click()
    expect(page.get_by_text(re.compile(r"RISE: [1-9]\d* of 8000"))).to_be_visible(timeout=60_000)
    clicked = time.monotonic()
    stop.click()
    said = page.get_by_text(re.compile(r"Stopped\. RISE: \d+ of 8000"))
    expect(said).to_be_visible(timeout=20_000)
    took = time.monotonic() - clicked
    done = int(re.search(r"(\d+) of 8000", said.inner_text()).group(1))
    page.wait_for_timeout(1500)
    assert int(re.search(r"(\d+) of 8000", said.inner_text()).group(1)) == done, "nothing runs on"
    assert 0 < done < 8000
    assert took < 5, "a second on a free machine"
    expect(page.get_by_role("button", name="Go on")).to_be_visible()


def test_a_refusal_stands_in_its_cell(new_page: Callable[..., Page], url: str) -> None:
    page = new_page()
    open_matrix(page, f"{url}/attribution?methods=gradient,rollout", 1)
    refusal = page.locator(".overlay-grid .placeholder:visible").first
    expect(refusal).to_contain_text("attention")


def test_under_a_finger_nothing_asks_to_hover_and_no_buttons_lie_over_a_chart(
    new_page: Callable[..., Page], url: str
) -> None:
    page = new_page(width=390, height=844, touch=True)
    grid = open_matrix(page, f"{url}/attribution?methods=edges&options={QUICK}", 1)
    expect(grid.get_by_text("Tap for values; hold to see the image without the map.")).to_be_visible()
    expect(grid.get_by_text("tap a map: its checks are explained below")).to_be_visible(timeout=60_000)
    page.goto(f"{url}/network")
    chart = page.locator(".stPlotlyChart").first
    expect(chart.locator(".bars .point")).to_have_count(5, timeout=120_000)
    chart.tap()
    expect(chart.locator(".modebar-container")).to_be_hidden()
    expect(chart.locator(".modebar-container")).to_have_count(1)
