"""The pages about training in a real browser: finished runs are seen, and what is trained opens elsewhere."""

import re

import pytest
from playwright.sync_api import Page, expect

PAGES = {
    "random_to_trained": ("From random to trained", "held-out images, which the network never learned from"),
    "autoencoders": ("Autoencoders", "for PCA with"),
    "transfer": ("Transfer", "Means over seeds"),
}
SMALL = "set=digits&train_resolution=16&train_epochs=2&image=digits/3&options=network.cnn.depth=2;network.cnn.width=8"
_PATIENCE = 180_000
_LINKS = ("Feature maps", "Attribution", "Activation maximization", "Embeddings", "Compare models")


def idle(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=_PATIENCE)


@pytest.mark.parametrize("width", [390, 1440])
def test_finished_runs_are_seen_on_every_page(new_page, url: str, width: int) -> None:
    page: Page = new_page(width=width, height=1200)
    for address, (title, words) in PAGES.items():
        page.goto(f"{url}/{address}")
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible(timeout=_PATIENCE)
        expect(page.get_by_text(words).first).to_be_visible(timeout=_PATIENCE)
        idle(page)
        assert not page.get_by_test_id("stAlertContentError").count()
        assert not page.get_by_test_id("stException").count()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_network_trained_here_opens_on_the_other_pages(page: Page, url: str) -> None:
    page.goto(f"{url}/train?{SMALL}")
    page.get_by_role("button", name=re.compile(r"^Train \(about")).click(timeout=_PATIENCE)
    heading = page.get_by_role("heading", name="Open the trained network")
    expect(heading).to_be_visible(timeout=_PATIENCE)
    idle(page)
    links = page.get_by_test_id("stMain").get_by_test_id("stPageLink")
    for title in _LINKS:
        links.filter(has_text=title).get_by_role("link").click()
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible(timeout=_PATIENCE)
        idle(page)
        network = page.get_by_test_id("stSidebar").get_by_role("combobox", name=re.compile("Network"))
        expect(network).to_have_value(re.compile("^cnn-[0-9a-f]{10}"), timeout=_PATIENCE)
        expect(
            page.get_by_test_id("stMain").get_by_text(re.compile("^cnn-[0-9a-f]{10}")).first
        ).to_be_visible()
        assert not page.get_by_test_id("stAlertContentError").count()
        assert not page.get_by_test_id("stException").count()
        page.go_back()
        expect(heading).to_be_visible(timeout=_PATIENCE)
        idle(page)
