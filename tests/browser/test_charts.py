"""Charts in a real browser: they come when it is idle, in their place, and the page does not run again for them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

APP = "tests/browser/apps/chart_app.py"
BARS = ".stPlotlyChart .bars .point"


@pytest.fixture(scope="module")
def url(serve) -> Iterator[str]:
    with serve(APP) as address:
        yield address


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_charts_come_when_the_browser_is_idle(new_page, url: str, dark: bool) -> None:
    page: Page = new_page(dark=dark, width=390)
    page.goto(url)
    button = page.get_by_role("button", name="Again")
    button.wait_for(timeout=120_000)
    place = button.bounding_box()
    assert place is not None and place["y"] > 400, "the places of both charts are kept free (.stPlotlyChart)"
    expect(page.locator(BARS)).to_have_count(5, timeout=120_000)
    expect(page.get_by_role("figure", name="Scree two.")).to_be_visible()
    expect(page.get_by_text("run 1", exact=True)).to_be_visible()
    after = button.bounding_box()
    assert after is not None and abs(after["y"] - place["y"]) < 2, "nothing moves when they come"
    fill = page.locator(BARS).first.locator("path").evaluate("bar => getComputedStyle(bar).fill")
    assert fill == ("rgb(63, 193, 204)" if dark else "rgb(15, 127, 140)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_later_charts_stay_where_they_are(new_page, url: str) -> None:
    page: Page = new_page()
    page.goto(url)
    expect(page.locator(BARS)).to_have_count(5, timeout=120_000)
    page.locator(".stPlotlyChart").first.evaluate("chart => chart.dataset.marked = 1")
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_text("run 2", exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator(BARS)).to_have_count(5)
    assert page.locator(".stPlotlyChart").first.get_attribute("data-marked") == "1"
